/// How iterations report what they do, and how they ended.
#ifndef SURPLUS_CORE_PROGRESS_H_
#define SURPLUS_CORE_PROGRESS_H_

#include <cstddef>
#include <functional>
#include <string_view>

namespace surplus {

/// Why an iteration ended.
enum class Stop {
  kConverged,       ///< the change fell below the tolerance
  kIterationLimit,  ///< the allowed iterations were completed first
  kCancelled,       ///< the observer asked to stop
  kNoImprovement,   ///< the objective was at its best too many iterations ago
  kTimeLimit,       ///< the allowed time was over first
  kNotFinite,       ///< the objective became NaN or infinite
};

/// "converged", "iteration limit", "cancelled", "no improvement", "time limit", "not finite".
std::string_view to_text(Stop stop);

/// What an observer is told after each completed iteration.
struct Progress {
  std::size_t iteration = 0;   ///< completed so far
  std::size_t iterations = 0;  ///< at most
  double objective = 0;        ///< the solver's objective, in the unit its header names
};

/// Called after each iteration; false asks the solver to stop with Stop::kCancelled.
/// An empty observer is never called.
using Observer = std::function<bool(const Progress&)>;

}  // namespace surplus

#endif  // SURPLUS_CORE_PROGRESS_H_
