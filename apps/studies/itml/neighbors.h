/// Part U of itml: 4-nearest-neighbor classification in learned metrics on sets of the UCI
/// repository.
#ifndef SURPLUS_APPS_STUDIES_ITML_NEIGHBORS_H_
#define SURPLUS_APPS_STUDIES_ITML_NEIGHBORS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::itml {

/// The shares of rows misclassified in one two-fold cross-validation.
struct Errors {
  double euclid = 0;
  double inverse_covariance = 0;
  double itml = 0;        ///< identity prior, gamma 1
  double itml_cv = 0;     ///< the same, gamma by inner cross-validation; NaN if none was asked for
  double itml_prior = 0;  ///< inverse covariance as prior, gamma 1
  double lego = 0;        ///< one pass of the online method over the same pairs
};

struct NeighborDesign {
  std::vector<std::string> sets;  ///< of kSets
  std::size_t repeats = 0;
  std::vector<double> gammas;  ///< of the inner cross-validation; none if empty
  std::size_t sweeps = 0;      ///< of each fit at most
  bool require_data = false;   ///< an absent set is an error, instead of being left out
};

struct NeighborCell {
  std::string set;
  bool standardized = false;
  std::size_t rows = 0;
  std::size_t features = 0;
  std::size_t classes = 0;
  std::size_t pairs = 0;  ///< 20 k^2
  std::vector<Errors> repeats{};
};

struct NeighborTable {
  std::vector<NeighborCell> cells;
  std::vector<std::string> absent;  ///< sets left out for want of their files
};

/// The expected time on one core, if all sets are there.
double neighbor_seconds(const NeighborDesign& design);

NeighborTable run_neighbors(const NeighborDesign& design, Run& run);

}  // namespace surplus::apps::itml

#endif  // SURPLUS_APPS_STUDIES_ITML_NEIGHBORS_H_
