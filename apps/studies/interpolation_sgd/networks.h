/// Networks: the noise of the gradient while one interpolates, and MaSS beside other rules on MNIST.
#ifndef SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_NETWORKS_H_
#define SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_NETWORKS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/interpolation_sgd/system.h"

namespace surplus::apps::interpolation_sgd {

/// A network of 10 inputs and 400 tanh units, fitted to 12 random examples by single-example SGD:
/// loss and noise after epochs 0, 1, 2, ... until `epochs`, or the loss has fallen 13 orders.
std::vector<NoisePoint> run_network_noise(std::size_t epochs, Run& run);
double network_noise_seconds(std::size_t epochs);

/// The network of 3 x 100 ReLU units, dropout .5, batches of 64, on MNIST.
struct NetworkDesign {
  std::size_t examples = 60000;  ///< the first of the training images
  std::size_t epochs = 0;        ///< 0 for none
  std::size_t seeds = 0;
  std::vector<double> rates = {};  ///< of all rules but Adam, which takes .001
  bool require_data = false;
};
struct NetworkRun {
  std::string rule;
  double rate = 0;
  /// Share of the test images that are recognized after each epoch, mean over the seeds.
  std::vector<double> accuracy;
  double last_error = 0;     ///< standard error of the last
  double training_loss = 0;  ///< of the last epoch, with dropout; NaN if it diverged
};
/// Each epoch is a cell, which goes on from the last one's state: from a file, so that without
/// Run::state_directory each epoch repeats those before it.
std::vector<NetworkRun> run_networks(const NetworkDesign& design, Run& run);
double network_seconds(const NetworkDesign& design);

}  // namespace surplus::apps::interpolation_sgd

#endif  // SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_NETWORKS_H_
