/// surplus data list|fetch|path|verify.
#ifndef SURPLUS_APPS_COMMANDS_DATA_H_
#define SURPLUS_APPS_COMMANDS_DATA_H_

#include <CLI/App.hpp>
#include <atomic>

namespace surplus::apps {

/// Adds the sub-command `data` to `app`. It ends by an exception if it cannot do its work, and by
/// Interrupted soon after `stop` is set; `stop` must outlive the parsing of the command line.
void add_data_command(CLI::App& app, const std::atomic<bool>& stop);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_DATA_H_
