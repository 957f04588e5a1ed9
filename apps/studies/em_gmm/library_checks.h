/// What em-gmm takes from the library for granted, computed for real before it is used.
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_LIBRARY_CHECKS_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_LIBRARY_CHECKS_H_

#include <cstddef>

#include "apps/runner/run.h"

namespace surplus::apps::em_gmm {

struct LibraryChecks {
  /// The largest fall of the mean log-likelihood in one iteration, over kProblems random problems.
  double largest_fall = 0;
  /// The largest deviation of BIC, AIC or their parameter counts from the formulas, relative, over
  /// the four kinds of covariance.
  double criteria = 0;
  /// k = 1, full: the largest deviation from the mean and the covariance of the sample.
  double single_component = 0;
  /// The largest change of a fitted covariance, the variances being about 1, when 1e6 is added to the data.
  double shift = 0;
  /// The largest difference between the parameters fitted with 1 and with 8 threads.
  double threads = 0;
};
inline constexpr std::size_t kProblems = 500;

LibraryChecks run_library_checks(Run& run);
inline constexpr double kLibrarySeconds = 0.5;

}  // namespace surplus::apps::em_gmm

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_LIBRARY_CHECKS_H_
