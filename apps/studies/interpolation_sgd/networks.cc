#include "apps/studies/interpolation_sgd/networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>
#include <optional>

#include "apps/data/image_sets.h"
#include "apps/data/lookup.h"
#include "apps/runner/cells.h"
#include "apps/studies/interpolation_sgd/batches.h"
#include "surplus/autodiff/ops/dropout.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/optim/mass.h"
#include "surplus/train/train.h"

namespace surplus::apps::interpolation_sgd {
namespace {

constexpr std::size_t kExamples = 12, kInputs = 10;
constexpr double kFall = 1e-13;
// A single example's step of the squared error contracts up to 1 / |gradient of the output|^2, which
// is about 80 at the start.
constexpr double kNoiseRate = 0.004;
constexpr double kSecondsPerEpoch = 4e-4;

const MlpConfig& noise_network() {
  static const MlpConfig network{
      .inputs = kInputs, .hidden = {400}, .activation = ad::Activation::kTanh};
  return network;
}

NoisePoint noise_at(double time, const Parameters<double>& w, MatrixView<const double> x,
                    MatrixView<const double> y) {
  ad::Tape<double> tape;
  const Objective<double> objective = regression<double>(noise_network());
  std::vector<double> mean(w.size());
  Parameters<double> d_w(w.layout());
  NoisePoint point{time, 0, 0};
  for (std::size_t i = 0; i < kExamples; ++i) {
    tape.clear();
    const auto leaves = leaves_of(w, tape);
    const Batch<double> batch{
        .examples = {.x = x.block(i, 0, 1, kInputs), .targets = y.block(i, 0, 1, 1)},
        .rng = Rng(0),
        .training = false};
    const auto loss = objective(tape, leaves, batch);
    ad::gradient(loss, sinks_of(leaves, d_w));
    point.loss += loss.item() / kExamples;
    for (std::size_t j = 0; j < w.size(); ++j) {
      const double g = d_w.flat()[j];
      point.noise += g * g / kExamples;
      mean[j] += g / kExamples;
    }
  }
  for (const double g : mean) point.noise -= g * g;
  return point;
}

// Loss and noise at the epochs of log_times(); what was not reached is not there.
std::vector<NoisePoint> follow_noise(std::size_t epochs, const Rng& rng, Run& run) {
  Matrix<double> x(kExamples, kInputs), y(kExamples, 1);
  Rng draws = rng.split("examples");
  draws.fill_normal(x.values());
  draws.fill_normal(y.values());
  const Parameters<double> start = mlp_parameters<double>(noise_network(), rng);
  std::vector<NoisePoint> points = {noise_at(0, start, x, y)};
  const std::vector<std::size_t> times = log_times(epochs);
  TrainConfig<double> config{.epochs = epochs,
                             .batch_size = 1,
                             .with_replacement = true,
                             .schedule = {.rate = kNoiseRate},
                             .seed = draws.bits(),
                             .on_step = run.observer()};
  std::size_t epoch = 0;
  config.on_epoch = [&](const EpochRecord&, const Parameters<double>& w) {
    ++epoch;
    if (!std::ranges::binary_search(times, epoch)) return true;
    points.push_back(noise_at(static_cast<double>(epoch), w, x, y));
    return points.back().loss > kFall * points.front().loss;
  };
  train(regression<double>(noise_network()), {.x = x, .targets = y}, start, config);
  return points;
}

const MlpConfig& mnist_network() {
  static const MlpConfig network{.inputs = 784, .hidden = {100, 100, 100}, .outputs = 10};
  return network;
}

ad::Var<float> dropout_loss(ad::Tape<float>& tape, std::span<const ad::Var<float>> w,
                            const Batch<float>& batch) {
  constexpr double kDropout = 0.5;
  Rng rng = batch.rng;
  auto h = tape.leaf(batch.examples.x);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    h = ad::dropout(ad::linear(h, w[2 * layer], w[2 * layer + 1], ad::Activation::kRelu), kDropout,
                    rng);
  }
  return ad::mean(ad::softmax_cross_entropy(ad::linear(h, w[6], w[7]), batch.examples.labels));
}

struct Rule {
  const char* name;
  OptimizerConfig optimizer;
  double rate = 0;  // 0: that of the design
};

std::vector<Rule> rules() {
  return {{"SGD", {.rule = UpdateRule::kSgd}},
          {"Nesterov", {.rule = UpdateRule::kNesterov}},
          {"MaSS", mass_settings(0, 0.05, 3).optimizer()},
          {"Adam", {.rule = UpdateRule::kAdam}, 0.001}};
}

struct Mnist {
  Images train, test;
};

struct Epoch {
  double accuracy = 0.1;  // diverged: as good as guessing
  double loss = std::numeric_limits<double>::quiet_NaN();
};

// Trains until `epochs` are completed, from where the file `state` left off.
Epoch train_until(const Mnist& data, const Rule& rule, double rate, std::size_t epochs,
                  std::uint64_t seed, const std::filesystem::path& state, Run& run) {
  const TrainConfig<float> config{.epochs = epochs,
                                  .batch_size = 64,
                                  .optimizer = rule.optimizer,
                                  .schedule = {.rate = rate},
                                  .seed = seed,
                                  .on_step = run.observer(),
                                  .checkpoint = state};
  const auto result =
      train(Objective<float>(dropout_loss), {.x = data.train.x, .labels = data.train.labels},
            mlp_parameters<float>(mnist_network(), Rng(seed)), config);
  if (result.stop == Stop::kCancelled) throw Interrupted{};
  if (result.stop == Stop::kNotFinite) return {};
  const Matrix<float> scores = predict(mnist_network(), result.parameters, data.test.x);
  return {1 - error_rate<float>(scores, data.test.labels), result.history.back().loss};
}

constexpr double kSecondsPerExample = 5e-5;  // and epoch

double epoch_seconds(const NetworkDesign& design) {
  return 0.1 + kSecondsPerExample * static_cast<double>(design.examples);
}

}  // namespace

double network_noise_seconds(std::size_t epochs) {
  return kSecondsPerEpoch * static_cast<double>(epochs);
}

std::vector<NoisePoint> run_network_noise(std::size_t epochs, Run& run) {
  if (epochs == 0) return {};
  const std::string name = "noise of the network";
  const Rng rng = run.rng().split(name);
  const std::size_t count = 1 + log_times(epochs).size();
  const std::vector<double> values =
      run.cell(name, network_noise_seconds(epochs), 1 + count * kValues<NoisePoint>, [&] {
        const std::vector<NoisePoint> points = follow_noise(epochs, rng, run);
        std::vector<double> all = {static_cast<double>(points.size())};
        const std::vector<double> packed = pack(points);
        all.insert(all.end(), packed.begin(), packed.end());
        all.resize(1 + count * kValues<NoisePoint>);
        return all;
      });
  const auto reached = static_cast<std::ptrdiff_t>(values.front()) *
                       static_cast<std::ptrdiff_t>(kValues<NoisePoint>);
  return unpack<NoisePoint>({values.begin() + 1, values.begin() + 1 + reached});
}

double network_seconds(const NetworkDesign& design) {
  const std::size_t runs = 3 * design.rates.size() + 1;
  return epoch_seconds(design) * static_cast<double>(runs * design.seeds * design.epochs);
}

std::vector<NetworkRun> run_networks(const NetworkDesign& design, Run& run) {
  std::vector<NetworkRun> results;
  if (design.epochs == 0) return results;
  if (!design.require_data && !is_present("mnist", run.data_directory)) return results;
  std::optional<Mnist> data;
  const auto mnist = [&]() -> const Mnist& {
    if (!data) {
      const ImageSet set = open_images("mnist", run.data_directory);
      std::vector<std::size_t> rows(std::min(design.examples, set.train.size()));
      std::iota(rows.begin(), rows.end(), std::size_t{0});
      data = Mnist{unit_images(set.train, rows), unit_images(set.test)};
    }
    return *data;
  };
  for (const Rule& rule : rules()) {
    for (const double given : design.rates) {
      const double rate = rule.rate > 0 ? rule.rate : given;
      if (rule.rate > 0 && given != design.rates.front()) continue;
      NetworkRun result{rule.name, rate, std::vector<double>(design.epochs), 0, 0};
      std::vector<double> last;
      const auto seeds = static_cast<double>(design.seeds);
      for (std::size_t seed = 0; seed < design.seeds; ++seed) {
        const std::string name =
            fmt::format("mnist network, {}, rate {:g}, seed {}", rule.name, rate, seed);
        const std::uint64_t bits = Rng(run.rng().split(name)).bits();
        Epoch epoch;
        for (std::size_t i = 0; i < design.epochs; ++i) {
          const std::string at = fmt::format("{}, epoch {}", name, i + 1);
          epoch = unpack<Epoch>(run.cell(at, epoch_seconds(design), kValues<Epoch>, [&] {
                    return pack<Epoch>(
                        {train_until(mnist(), rule, rate, i + 1, bits, run.state_file(name), run)});
                  })).front();
          result.accuracy[i] += epoch.accuracy / seeds;
        }
        result.training_loss += epoch.loss / seeds;
        last.push_back(epoch.accuracy);
      }
      for (const double value : last) {
        result.last_error += std::pow(value - result.accuracy.back(), 2);
      }
      result.last_error = seeds > 1 ? std::sqrt(result.last_error / (seeds - 1) / seeds) : 0;
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace surplus::apps::interpolation_sgd
