/// P-EM-B of em-gmm: two free means, infinitely many observations, random starts.
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_BOX_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_BOX_H_

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/em_gmm/path.h"

namespace surplus::apps::em_gmm {

/// One cell of P-EM-B: means 0 and `separation`, two free means, starts uniform on
/// [-2, separation + 2]^2.
struct BoxDesign {
  double separation = 0;
  double weight = 0;
  std::size_t starts = 0;
  std::size_t intervals = 0;
};
struct BoxCell {
  BoxDesign design;
  std::string name;         ///< "separation 2, w 0.7"
  double em1_identity = 0;  ///< shares of the starts that succeed
  double em1_best = 0;
  double em2_identity = 0;
  double em2_best = 0;
  double em1_iterations = 0;  ///< means over the starts
  double em2_iterations = 0;
  double unfinished = 0;  ///< runs of either that met the iteration limit
  /// The mean of the limits of EM_1 that are no success without relabelling, NaN if there are none,
  /// and how far they are apart in one coordinate.
  std::array<double, 2> spurious{};
  double spurious_spread = 0;
};
BoxCell run_box(const BoxDesign& design, Run& run);
double seconds(const BoxDesign& design);

/// Separation 2, w = .7: EM_1 and EM_2 in turn from each of a ring of starts.
std::vector<Path> run_box_paths(std::size_t intervals, Run& run);
inline constexpr double kBoxPathsSeconds = 0.05;

}  // namespace surplus::apps::em_gmm

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_BOX_H_
