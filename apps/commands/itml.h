/// surplus itml fit|transform.
#ifndef SURPLUS_APPS_COMMANDS_ITML_H_
#define SURPLUS_APPS_COMMANDS_ITML_H_

#include <CLI/App.hpp>
#include <atomic>

namespace surplus::apps {

/// Adds the sub-command `itml` to `app`. It ends by an exception if it cannot do its work, and by
/// Interrupted soon after `stop` is set; `stop` must outlive the parsing of the command line.
void add_itml_command(CLI::App& app, const std::atomic<bool>& stop);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_ITML_H_
