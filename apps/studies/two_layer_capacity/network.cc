#include "apps/studies/two_layer_capacity/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "apps/runner/cells.h"
#include "surplus/core/errors.h"
#include "surplus/nn/mlp.h"
#include "surplus/theory/margins.h"
#include "surplus/theory/norms.h"
#include "surplus/theory/rademacher.h"
#include "surplus/theory/two_layer.h"
#include "surplus/theory/two_layer_bounds.h"
#include "surplus/train/train.h"

namespace surplus::apps::two_layer_capacity {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Quantiles quantiles_of(const std::vector<double>& values) {
  Quantiles quantiles{};
  for (std::size_t i = 0; i < kQuantiles; ++i) {
    quantiles[i] = quantile(values, (static_cast<double>(i) + 0.5) / kQuantiles);
  }
  return quantiles;
}

std::array<double, kBounds> array_of(const TwoLayerBounds& bounds) {
  return {bounds.parameters,
          bounds.max_row_l1.value_or(kNone),
          bounds.frobenius.value_or(kNone),
          bounds.spectral_l1.value_or(kNone),
          bounds.spectral_frobenius.value_or(kNone),
          bounds.unit_wise.value_or(kNone)};
}

// The labels that the network is trained on.
std::vector<std::size_t> labels_of(const ImageExamples& images, const NetworkDesign& design,
                                   const Rng& rng) {
  std::vector<std::size_t> labels(
      images.train.labels.begin(),
      images.train.labels.begin() + static_cast<std::ptrdiff_t>(design.samples));
  if (design.random_labels) {
    Rng draws = rng.split("labels");
    for (std::size_t& label : labels) label = draws.below(images.classes);
  }
  return labels;
}

void measure_weights(const Parameters<float>& start, const Parameters<float>& trained,
                     MatrixView<const float> x, Network& network) {
  const TwoLayerWeights<float> weights{trained["0.weight"], trained["1.weight"]};
  const TwoLayerWeights<float> before{start["0.weight"], start["1.weight"]};
  const TwoLayerNorms norms = two_layer_norms(weights, before);
  const TwoLayerData data = two_layer_data(x, before.u, start["0.bias"].row(0), kBatch);
  network.u_frobenius = norms.u_frobenius;
  network.v_frobenius = norms.v_frobenius;
  network.u_spectral = norms.u_spectral;
  network.v_spectral = norms.v_spectral;
  network.u_distance = norms.u_distance;
  network.v_distance = norms.v_distance;
  network.u_row_distances = norms.u_row_distances;
  network.u_start_spectral = norms.u_start_spectral;
  network.u_start_frobenius = vector_norm(row_norms(before.u), 2);
  network.v_start_frobenius = vector_norm(row_norms(before.v), 2);
  network.mean_capacity = mean_of(norms.unit_capacity);
  network.mean_impact = mean_of(norms.unit_impact);
  std::vector<double> angles = norms.unit_angles;
  for (double& angle : angles) angle *= 180 / std::numbers::pi;
  network.median_angle = quantile(angles, 0.5);
  network.angles = quantiles_of(angles);
  network.capacities = quantiles_of(norms.unit_capacity);
  const CapacityMeasures measures = capacity_measures(norms, BoundVariant::kCorrected);
  network.measures = {measures.parameters,  measures.max_row_l1,         measures.frobenius,
                      measures.spectral_l1, measures.spectral_frobenius, measures.unit_wise};
  network.terms = {measures.spectral_l1_terms[0],        measures.spectral_l1_terms[1],
                   measures.spectral_frobenius_terms[0], measures.spectral_frobenius_terms[1],
                   measures.unit_wise_terms[0],          measures.unit_wise_terms[1]};
  network.bounds = array_of(two_layer_bounds(norms, data, network.margin));
  network.code_bounds =
      array_of(two_layer_bounds(norms, data, network.margin, {.variant = BoundVariant::kCode}));
  network.unit_rademacher = network.layer_rademacher = kNone;
  if (!(network.margin > 0)) return;
  const RademacherBoundInput input{.alpha = norms.unit_impact,
                                   .beta = norms.unit_capacity,
                                   .hidden_norms = data.hidden_norms,
                                   .mean_square = data.mean_square,
                                   .samples = data.samples,
                                   .classes = norms.classes,
                                   .gamma = network.margin};
  network.unit_rademacher = unit_rademacher_bound(input);
  network.layer_rademacher = layer_rademacher_bound(input);
}

// Steps cost their products, and something of their own: measured on one core with AVX2.
double epoch_seconds(std::size_t inputs, const NetworkDesign& design) {
  const double steps = std::ceil(static_cast<double>(design.samples) / kBatch);
  const double products = 6.0 * kBatch * static_cast<double>(inputs * design.width);
  return steps * (2e-5 + products / 6e10);
}

}  // namespace

std::string name_of(const SetFacts& facts, const NetworkDesign& design) {
  return fmt::format("{}, {} images, {} labels, h {}, seed {}", facts.name, design.samples,
                     design.random_labels ? "random" : "true", design.width, design.seed);
}

double network_seconds(const SetFacts& facts, std::size_t inputs, const NetworkDesign& design,
                       const Protocol& protocol) {
  // As measured on MNIST: fewer samples take more epochs, narrow networks and random labels too.
  const double share = static_cast<double>(design.samples) / static_cast<double>(facts.train);
  const double epochs = facts.epochs * std::pow(share, -0.43) *
                        (1 + 16 / static_cast<double>(design.width)) *
                        (design.random_labels ? 4 : 1);
  return (std::min(epochs, static_cast<double>(protocol.epochs)) + 2) *
         epoch_seconds(inputs, design);
}

Network run_network(const SetFacts& facts, const ImageExamples& images, const NetworkDesign& design,
                    const Protocol& protocol, Run& run) {
  const std::string name = name_of(facts, design);
  const std::size_t inputs = images.train.x.cols();
  const double seconds = network_seconds(facts, inputs, design, protocol);
  const auto compute = [&] {
    const Rng rng = run.rng().split(name);
    const MatrixView<const float> x = images.train.x.view().block(0, 0, design.samples, inputs);
    const std::vector<std::size_t> labels = labels_of(images, design, rng);
    const MlpConfig mlp{.inputs = inputs, .hidden = {design.width}, .outputs = images.classes};
    const Parameters<float> start = mlp_parameters<float>(mlp, rng);
    TrainConfig<float> config{.epochs = protocol.epochs,
                              .batch_size = kBatch,
                              .optimizer = {.rule = UpdateRule::kMomentum, .momentum = 0.9},
                              .schedule = {.rate = protocol.rate},
                              .seed = rng.split("order").bits(),
                              .loss_threshold = protocol.loss,
                              .on_step = run.observer()};
    if (seconds > protocol.state_seconds) {
      config.checkpoint = run.state_file(name);
      config.checkpoint_epochs = static_cast<std::size_t>(
          std::max(1.0, std::ceil(protocol.state_seconds / epoch_seconds(inputs, design))));
    }
    const surplus::Examples<float> examples{.x = x, .labels = labels};
    const TrainResult<float> result = train(classification<float>(mlp), examples, start, config);
    if (result.stop == Stop::kCancelled) throw Interrupted();
    SURPLUS_REQUIRE(result.stop != Stop::kNotFinite, NumericalError, "two-layer-capacity",
                    "the loss must stay finite", "network", name, "rate", protocol.rate);
    Network network;
    network.epochs = static_cast<double>(result.epochs);
    network.running_loss = result.history.back().loss;
    const Matrix<float> scores = predict(mlp, result.parameters, x);
    network.train_loss = evaluate(classification<float>(mlp), result.parameters, examples);
    network.train_error = error_rate<float>(scores, labels);
    network.test_error = error_rate<float>(predict<float>(mlp, result.parameters, images.test.x),
                                           images.test.labels);
    const std::vector<double> all_margins = margins(scores, labels);
    network.margin = quantile(all_margins, 0.05);
    network.margins = quantiles_of(all_margins);
    measure_weights(start, result.parameters, x, network);
    return pack(std::vector{network});
  };
  return unpack<Network>(run.cell(name, seconds, kValues<Network>, compute)).front();
}

}  // namespace surplus::apps::two_layer_capacity
