/// surplus reproduce.
#ifndef SURPLUS_APPS_COMMANDS_REPRODUCE_H_
#define SURPLUS_APPS_COMMANDS_REPRODUCE_H_

#include <CLI/App.hpp>
#include <atomic>

namespace surplus::apps {

/// Adds the sub-command `reproduce` to `app`. It ends by an exception if it cannot do its work, and
/// by Interrupted soon after `stop` is set; `status` becomes 1 if a verdict fails under --strict.
/// Both must outlive the parsing of the command line.
void add_reproduce_command(CLI::App& app, const std::atomic<bool>& stop, int& status);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_REPRODUCE_H_
