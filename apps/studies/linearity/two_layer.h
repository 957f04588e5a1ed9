/// f(x) = sum_i v_i s(w_i x) / sqrt(m) at x = 1: norms of Hessian and gradient, and the remainder of
/// the linearisation along three directions of length 1.
#ifndef SURPLUS_APPS_STUDIES_LINEARITY_TWO_LAYER_H_
#define SURPLUS_APPS_STUDIES_LINEARITY_TWO_LAYER_H_

#include <array>
#include <cstddef>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/linearity/trend.h"
#include "surplus/autodiff/ops/linear.h"

namespace surplus::apps::linearity {

/// How the second layer starts, and whether it is trained.
struct Variant {
  const char* name;
  ad::Activation activation;
  bool normal;   ///< v ~ N(0, 1); else signs
  bool fixed_v;  ///< w alone is trained
};
inline constexpr std::array<Variant, 6> kVariants = {{
    {"normal v, tanh", ad::Activation::kTanh, true, false},
    {"normal v, sigmoid", ad::Activation::kSigmoid, true, false},
    {"normal fixed v, tanh", ad::Activation::kTanh, true, true},
    {"signs v, tanh", ad::Activation::kTanh, false, false},
    {"signs v, sigmoid", ad::Activation::kSigmoid, false, false},
    {"signs fixed v, tanh", ad::Activation::kTanh, false, true},
}};

/// One start. Remainders |f - f_lin| at a step of length 1.
struct TwoLayerStart {
  double norm = 0;      ///< ||H_f||, in closed form
  double gradient = 0;  ///< ||grad f||
  double worst = 0;     ///< remainder along the top eigenvector of H_f
  double descent = 0;   ///< along the gradient
  double random = 0;
  double change = 0;  ///< of the kernel ||grad f||^2 by the step along the gradient, relative
  double taylor = 0;  ///< largest |R| / (sup ||H|| / 2) of the three directions
  double quotient =
      0;  ///< |R(s d) / s^2 - d' H d / 2| / (||H|| / 2), s = 1e-3, largest of the three
  double lanczos =
      0;  ///< relative difference of Lanczos' norm from the closed form; NaN: not taken
};

struct TwoLayerDesign {
  std::vector<std::uint64_t> widths = {};
  std::size_t starts = 0;
  std::size_t lanczos_width = 0;  ///< the largest at which Lanczos is asked too, for one start
};

struct TwoLayerTrend {
  Variant variant;
  std::vector<double> widths;
  std::vector<Mean> norm, gradient, worst, descent, random, change;
  std::vector<Mean> corrected;                   ///< norm over sqrt(log m)
  double taylor = 0, quotient = 0, lanczos = 0;  ///< largest of all
};

/// One for each of kVariants.
std::vector<TwoLayerTrend> run_two_layer(const TwoLayerDesign& design, Run& run);
double two_layer_seconds(const TwoLayerDesign& design);

}  // namespace surplus::apps::linearity

#endif  // SURPLUS_APPS_STUDIES_LINEARITY_TWO_LAYER_H_
