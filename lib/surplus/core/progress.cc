#include "surplus/core/progress.h"

namespace surplus {

std::string_view to_text(Stop stop) {
  switch (stop) {
    case Stop::kConverged:
      return "converged";
    case Stop::kIterationLimit:
      return "iteration limit";
    case Stop::kCancelled:
      return "cancelled";
    case Stop::kNoImprovement:
      return "no improvement";
    case Stop::kTimeLimit:
      return "time limit";
    case Stop::kNotFinite:
      return "not finite";
  }
  return "unknown";
}

}  // namespace surplus
