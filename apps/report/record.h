/// A finished run, complete: what every output is made from.
#ifndef SURPLUS_APPS_REPORT_RECORD_H_
#define SURPLUS_APPS_REPORT_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/report/content.h"
#include "apps/runner/settings.h"

namespace surplus::apps {

struct Record {
  std::string study;
  std::string paper;
  std::string claim;
  std::string preset;
  std::string version;  ///< of surplus
  std::string target;   ///< simd_target()
  std::size_t threads = 1;
  std::uint64_t seed = 0;
  double seconds =
      0;  ///< wall clock, all sessions together; the only thing that is measured in time
  std::vector<Setting> settings;
  std::vector<std::string> changes;  ///< the "key=value" that differ from the preset
  std::vector<Verdict> verdicts{};
  Rendering rendering{};
};

/// A study that was to run among others and could not.
struct NotRun {
  std::string study;
  std::string reason;
};

/// How many verdicts hold.
std::size_t count_holding(const Record& record);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_RECORD_H_
