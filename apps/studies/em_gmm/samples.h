/// The experiments of em-gmm on samples: P-EM-C (two Gaussians) and P-EM-D (three or four).
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_SAMPLES_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_SAMPLES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::em_gmm {

/// `samples` samples of n observations, `starts` starts at random observations on each.
struct SampleDesign {
  double separation = 0;  ///< P-EM-C: separated_truth(separation, weight)
  double weight = 0;
  std::size_t number = 0;  ///< P-EM-D, if not 0: plane_truth(number)
  std::size_t n = 0;
  std::size_t samples = 0;
  std::size_t starts = 0;
};

/// A share of runs. The starts on one sample tend to end at the same optimum, so the standard error
/// is that of the mean over samples, not over starts; it is 0 if there is only one.
struct Share {
  double value = 0;
  double standard_error = 0;
};

struct SampleCell {
  SampleDesign design;
  std::string name;      ///< "separation 2, w 0.7" or "case 3"
  double threshold = 0;  ///< the largest error of a success
  Share em1_identity;
  Share em1_best;
  Share em1_near;  ///< best error at most .1, well above the threshold
  Share em2_best;
  Share em2_sorted;  ///< components matched by their fitted weights
  Share em2_near;
  double em1_iterations = 0;  ///< means over all runs
  double em2_iterations = 0;
  double unfinished = 0;  ///< runs of either that met the iteration limit
};

/// The expected time on one core.
double seconds(const SampleDesign& design);

SampleCell run_samples(const SampleDesign& design, Run& run);

/// Of several splits into samples and starts, the cells of the one with the most samples.
std::vector<SampleCell> finest_split(const std::vector<SampleCell>& cells);

}  // namespace surplus::apps::em_gmm

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_SAMPLES_H_
