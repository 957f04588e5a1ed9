/// The rivals of `surplus kernels` besides OpenBLAS.
#ifndef SURPLUS_APPS_COMMANDS_RIVALS_H_
#define SURPLUS_APPS_COMMANDS_RIVALS_H_

#include <vector>

#include "surplus/linalg/kernel_profile.h"

namespace surplus::apps {

/// Those of bench/support/rivals.h in a build configured with -Dbench=enabled; none otherwise.
std::vector<ProductRival> product_rivals();

/// Starts the program anew, with the `argv` of main(), if they need another environment: they read
/// it when they are loaded.
void run_product_rivals_at_their_best(char** argv);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_RIVALS_H_
