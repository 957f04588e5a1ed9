/// surplus list.
#ifndef SURPLUS_APPS_COMMANDS_LIST_H_
#define SURPLUS_APPS_COMMANDS_LIST_H_

#include <CLI/App.hpp>

namespace surplus::apps {

/// Adds the sub-command `list` to `app`.
void add_list_command(CLI::App& app);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_LIST_H_
