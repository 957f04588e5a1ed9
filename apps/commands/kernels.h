/// surplus kernels.
#ifndef SURPLUS_APPS_COMMANDS_KERNELS_H_
#define SURPLUS_APPS_COMMANDS_KERNELS_H_

#include <CLI/App.hpp>
#include <atomic>

namespace surplus::apps {

/// Adds the sub-command `kernels` to `app`. It ends by an exception if it cannot do its work, and
/// by Interrupted soon after `stop` is set, which must outlive the parsing of the command line.
/// It may start the program anew, with `argv`, the arguments of main().
void add_kernels_command(CLI::App& app, const std::atomic<bool>& stop, char** argv);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_KERNELS_H_
