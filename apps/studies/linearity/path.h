/// What gradient descent changes: kernel, linearisation and distance, with four output functions, and
/// through a bottleneck.
#ifndef SURPLUS_APPS_STUDIES_LINEARITY_PATH_H_
#define SURPLUS_APPS_STUDIES_LINEARITY_PATH_H_

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/linearity/trend.h"
#include "surplus/theory/network.h"

namespace surplus::apps::linearity {

enum class Output { kLinear, kTanh, kSwish, kSoftmax };
inline constexpr std::array kOutputs = {Output::kLinear, Output::kTanh, Output::kSwish,
                                        Output::kSoftmax};
const char* to_text(Output output);
/// The network with the output function behind it.
Network<double> network_with(const MlpConfig& network, Output output);

/// Descent on 1/2 sum (f - y)^2 over n points of the unit sphere, y = +-.8, with the rate 1 / tr K.
/// The points of a seed are the same for all designs.
///
/// Signs are those of x_1, or random. The specification of this study prints what descent changes and
/// not the labels; it is met with the former, so they were chosen by its figures and those are no
/// independent check of them. Random signs are harder to fit: the kernel changes more.
struct DescentDesign {
  MlpConfig network = {};
  Output output = Output::kLinear;
  bool random_labels = false;
  double input_length = 1;  ///< of the points, as the network gets them
  std::size_t points = 10;
  std::size_t steps = 1500;
  std::size_t seeds = 8;
};

/// One descent.
struct Descent {
  double change = 0;     ///< sup over steps of ||K_t - K_0||_F / ||K_0||_F
  double remainder = 0;  ///< root mean square of f - f_lin over the points, in the end
  double distance = 0;   ///< ||theta - theta_0|| in the end
  double start_loss = 0, end_loss = 0;
  double pl = 0;  ///< least ||grad L||^2 / (2 lambda_min(K) L), where K was computed
};

struct DescentPoint {
  DescentDesign design;
  Mean change, remainder, distance, end_loss;
  double pl = 0;  ///< least of all
};

/// `name` tells the designs of a run apart.
DescentPoint run_descent(const std::string& name, const DescentDesign& design, Run& run);
double descent_seconds(const DescentDesign& design);

/// v' s(W x) / sqrt(m) for x on the sphere in three dimensions: the first layer is not scaled.
DescentDesign shallow_design(std::size_t m, Output output);
/// Three hidden layers of widths m, bottleneck, m.
DescentDesign bottleneck_design(std::size_t m, std::size_t bottleneck);

}  // namespace surplus::apps::linearity

#endif  // SURPLUS_APPS_STUDIES_LINEARITY_PATH_H_
