/// Part S of itml: how far a learned metric draws the classes of iris apart.
#ifndef SURPLUS_APPS_STUDIES_ITML_SEPARATION_H_
#define SURPLUS_APPS_STUDIES_ITML_SEPARATION_H_

#include <cstddef>
#include <span>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/core/matrix.h"

namespace surplus::apps::itml {

/// 200 similar and 200 dissimilar pairs, gamma 1, at most 1000 sweeps.
struct SeparationFit {
  double score = 0;  ///< class_separation() in the learned metric
  double similar_bound = 0;
  double different_bound = 0;
  double sweeps = 0;
};

struct Separation {
  bool plain = false;  ///< percentiles of plain instead of squared distances as bounds
  std::vector<SeparationFit> fits{};  ///< one per seed
};

/// The mean over classes of (mean distance within the class, rows to themselves included) / (mean
/// distance to all other rows), distances being |L (x - y)|.
double class_separation(MatrixView<const double> x, std::span<const std::size_t> labels,
                        MatrixView<const double> transform);

/// The expected time on one core.
double separation_seconds(std::size_t seeds);

/// With plain and with squared distances.
std::vector<Separation> run_separation(std::size_t seeds, Run& run);

}  // namespace surplus::apps::itml

#endif  // SURPLUS_APPS_STUDIES_ITML_SEPARATION_H_
