/// Part Z of itml: accuracy on breast cancer as the number of pair constraints, each with a dual
/// variable of its own, grows far beyond the number of training examples.
#ifndef SURPLUS_APPS_STUDIES_ITML_CURVE_H_
#define SURPLUS_APPS_STUDIES_ITML_CURVE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::itml {

inline constexpr std::size_t kTraining = 450;
inline constexpr std::size_t kTest = 233;
inline constexpr std::size_t kAllPairs = kTraining * (kTraining - 1) / 2;
/// The free entries of a symmetric 9 x 9 matrix.
inline constexpr std::size_t kMetricEntries = 45;

struct CurveDesign {
  bool standardized = false;
  double gamma = 1;
  std::size_t sweeps = 100;
  /// Bounds from a histogram, tolerance .01 and a limit of 1e5 projections: the authors' program.
  bool authors = false;
};

/// "raw, gamma 1" and the like.
std::string name_of(const CurveDesign& design);

/// One metric, learned from c pairs of one split, and the classifiers in its space.
struct MetricFit {
  double logistic_train = 0;  ///< L2-regularised, C = 1
  double logistic_test = 0;
  double svm_train = 0;  ///< linear, squared hinge, C = 1
  double svm_test = 0;
  double mean_train = 0;  ///< nearest class mean
  double mean_test = 0;
  double free_train = 0;  ///< logistic regression without penalty
  double free_test = 0;
  double lda_train = 0;
  double lda_test = 0;
  double knn_test = 0;  ///< four neighbors
  double sweeps = 0;
  double dual_change = 0;  ///< relative, of the last sweep
  double converged = 0;
  double log_det = 0;
  double least_dual = 0;  ///< the smallest dual variable
  double repaired = 0;    ///< times the metric had to be made positive definite again
  double skipped = 0;     ///< pairs of identical rows
  double similar = 0;     ///< share of the pairs
};

struct CurvePoint {
  std::size_t pairs = 0;
  std::vector<MetricFit> splits{};
};

struct Curve {
  CurveDesign design;
  std::vector<CurvePoint> points{};
};

/// The expected time on one core.
double curve_seconds(const std::vector<CurveDesign>& designs,
                     const std::vector<std::uint64_t>& pairs, std::size_t splits);

/// Every design at every number of pairs, on the same `splits` random splits. The pairs of a smaller
/// number are the first of those of a larger one; 0 is the Euclidean metric.
std::vector<Curve> run_curves(const std::vector<CurveDesign>& designs,
                              const std::vector<std::uint64_t>& pairs, std::size_t splits,
                              Run& run);

}  // namespace surplus::apps::itml

#endif  // SURPLUS_APPS_STUDIES_ITML_CURVE_H_
