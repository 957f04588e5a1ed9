/// Part 3 of double-descent: two-layer networks of growing width, trained by gradient descent.
///
/// d inputs, H rectified hidden units, ten linear outputs; the squared error summed over the
/// outputs. (d + 1) H + (H + 1) 10 parameters, against 10 n numbers to fit.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_NETWORK_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_NETWORK_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::double_descent {

struct NetworkDesign {
  std::string name;
  std::size_t n = 0;    ///< the first n training images of MNIST
  bool halved = true;   ///< 14 x 14 pixels, means over 2 x 2; else 28 x 28
  bool reuse = true;    ///< below the threshold each net starts from the one before it
  double noise = 0;     ///< share of training labels replaced by another class
  double decay = 0;     ///< of all parameters
  double rate = 0.001;  ///< of steps on the summed loss
  std::size_t epochs = 0;
  std::size_t seeds = 0;
  std::vector<std::size_t> widths{};
};

/// (d + 1) H + (H + 1) k.
std::size_t network_parameters(std::size_t d, std::size_t width, std::size_t classes);
/// The width above which there are as many parameters as numbers to fit: (10 n - 10) / (d + 11).
double threshold_width(const NetworkDesign& design);

struct NetworkFit {
  double width = 0;
  double train_loss = 0;  ///< squared, summed over the ten outputs, mean over images
  double test_loss = 0;
  double train_error = 0;  ///< shares of images whose largest output is not their class
  double test_error = 0;
  double epochs = 0;  ///< until the end, or no training image was misclassified
};

struct NetworkCurve {
  NetworkDesign design;
  std::vector<std::vector<NetworkFit>> seeds{};  ///< of each seed one fit a width
};

/// The losses of one network as it is trained.
struct EpochPoint {
  double epoch = 0;
  double train_loss = 0;
  double test_loss = 0;
  double test_error = 0;
};

double network_seconds(const NetworkDesign& design);
NetworkCurve run_network(const NetworkDesign& design, Run& run);
/// Of the first width of `design`, from a random start.
std::vector<EpochPoint> run_epochs(const NetworkDesign& design, Run& run);

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_NETWORK_H_
