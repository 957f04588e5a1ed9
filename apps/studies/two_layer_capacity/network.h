/// One network of two-layer-capacity: trained, and measured.
#ifndef SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_NETWORK_H_
#define SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "apps/runner/run.h"
#include "apps/studies/two_layer_capacity/images.h"

namespace surplus::apps::two_layer_capacity {

/// What decides a network's bits besides the images and the run's seed.
struct NetworkDesign {
  std::size_t samples = 0;     ///< m, the first of the training images
  bool random_labels = false;  ///< uniform ones in place of the true
  std::size_t width = 0;       ///< h
  std::size_t seed = 0;        ///< which of the seeds, from 0 on
  friend bool operator==(const NetworkDesign&, const NetworkDesign&) = default;
};

/// The protocol: cross-entropy, batches of 64 reshuffled in each epoch, momentum .9, a constant
/// learning rate, until the running loss of an epoch is below `loss`.
struct Protocol {
  double rate = 0.01;
  double loss = 0.01;
  std::size_t epochs = 1000;  ///< at most
  double state_seconds = 30;  ///< expected work between two saved states of a training
};
inline constexpr std::size_t kBatch = 64;

/// The bounds and measures 1 to 6 of the paper's table.
inline constexpr std::size_t kBounds = 6;
/// Points of a distribution: the (i + 1/2) / kQuantiles quantiles.
inline constexpr std::size_t kQuantiles = 64;
using Quantiles = std::array<double, kQuantiles>;

/// What is measured: nothing but doubles, so that it passes through a cell. NaN where there is none.
struct Network {
  double epochs = 0;
  double running_loss = 0;  ///< of the last epoch
  double train_loss = 0, train_error = 0, test_error = 0;
  double margin = 0;  ///< gamma, the 5th percentile of the training margins
  double u_frobenius = 0, v_frobenius = 0, u_spectral = 0, v_spectral = 0;
  double u_distance = 0, v_distance = 0;  ///< ||U - U0||_F, ||V - V0||_F
  double u_row_distances = 0;             ///< ||U - U0||_1,2
  double u_start_frobenius = 0, v_start_frobenius = 0, u_start_spectral = 0;
  double mean_capacity = 0, mean_impact = 0;
  double median_angle = 0;  ///< between u_i and u0_i, degrees
  std::array<double, kBounds> measures{};
  /// Two each of the measures 4, 5 and 6.
  std::array<double, 6> terms{};
  std::array<double, kBounds> bounds{};       ///< as the theorems say
  std::array<double, kBounds> code_bounds{};  ///< as the authors' code has them
  /// Right-hand sides of equations 6 and 7, for the margin.
  double unit_rademacher = 0, layer_rademacher = 0;
  Quantiles angles{}, capacities{}, margins{};
};

/// "mnist, 2000 images, random labels, h 64, seed 0".
std::string name_of(const SetFacts& facts, const NetworkDesign& design);

/// The expected time on one core. `inputs` as SetFacts::inputs().
double network_seconds(const SetFacts& facts, std::size_t inputs, const NetworkDesign& design,
                       const Protocol& protocol);

/// A cell of the run. A training that is expected to take longer than protocol.state_seconds saves
/// its state on the way, and goes on from there when the run is resumed.
///
/// Throws  NumericalError if the loss overflows
Network run_network(const SetFacts& facts, const ImageExamples& images, const NetworkDesign& design,
                    const Protocol& protocol, Run& run);

}  // namespace surplus::apps::two_layer_capacity

#endif  // SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_NETWORK_H_
