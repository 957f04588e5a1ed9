/// When and how much a topology changes: the drop fractions of dynamic sparse training, and the
/// sparsities of gradual pruning.
#ifndef SURPLUS_SPARSE_TOPOLOGY_SCHEDULE_H_
#define SURPLUS_SPARSE_TOPOLOGY_SCHEDULE_H_

#include <cstddef>
#include <limits>

namespace surplus {

/// The share of a layer's active weights that an update at step t drops:
enum class DropKind {
  kConstant,  ///< fraction
  /// last + (fraction - last) (1 + cos(pi t / end)) / 2: ITOP's, and with last = 0 RigL's
  kCosine,
  kExponential,  ///< fraction (1 - t / end)^power
  kRate,         ///< fraction times the learning rate of step t over that of the first step
};

struct DropSchedule {
  DropKind kind = DropKind::kCosine;
  double fraction = 0.5;  ///< p_0, from 0 to 1
  double last = 0.005;    ///< of kCosine: p_min, from 0 to fraction
  /// Steps after which nothing is dropped any more; at least 1. By default the end of the training.
  std::size_t end = std::numeric_limits<std::size_t>::max();
  double power = 3;  ///< of kExponential, above 0
};

/// p(t); 0 for t beyond the end.
///
/// rate_ratio  the learning rate of step t over that of the first, for kRate
/// Throws      ArgumentError if the schedule is out of its domain
/// Source      Liu et al. (2021), Do we actually need dense over-parameterization, the authors' code;
///             Evci et al. (2020), Rigging the lottery; Mocanu et al. (2018) for the constant
double drop_fraction(const DropSchedule& schedule, std::size_t t, double rate_ratio = 1);

/// Gradual magnitude pruning: the sparsity rises as a cubic.
struct PruningSchedule {
  double initial = 0;          ///< s_i, from 0 to final
  double final = 0.9;          ///< s_f, below 1
  std::size_t begin = 0;       ///< t_0, in steps
  std::size_t end = 1000;      ///< t_1, in steps, at least begin
  std::size_t interval = 100;  ///< steps between prunings, at least 1
  /// s_f + (s_i - s_f) (1 - (t - t_0) / (t_1 - t_0))^3, which ends at s_f; or the form of ITOP's code,
  /// s_f + (s_i - s_f) (1 - (e - e_0) / (e_1 - e_0 + 1))^3 in intervals e, which ends just below it.
  bool exact_end = true;
};

/// s(t): the initial sparsity before begin, and after the end that of the end.
/// Throws   ArgumentError if the schedule is out of its domain
/// Source   Zhu, Gupta (2017), To prune, or not to prune
double pruning_sparsity(const PruningSchedule& schedule, std::size_t t);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_TOPOLOGY_SCHEDULE_H_
