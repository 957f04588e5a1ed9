/// The version of surplus, as meson.build states it.
#ifndef SURPLUS_APPS_RUNNER_VERSION_H_
#define SURPLUS_APPS_RUNNER_VERSION_H_

#include <string_view>

namespace surplus::apps {

constexpr std::string_view kVersion = SURPLUS_VERSION;

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_VERSION_H_
