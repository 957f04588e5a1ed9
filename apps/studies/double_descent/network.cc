#include "apps/studies/double_descent/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "apps/runner/cells.h"
#include "apps/studies/double_descent/data.h"
#include "surplus/core/parallel.h"
#include "surplus/train/train.h"

namespace surplus::apps::double_descent {
namespace {

constexpr std::size_t kClasses = 10;
constexpr std::size_t kBatch = 32;
constexpr double kMomentum = 0.95;
constexpr double kNewWeight = 0.1;  // standard deviation of the weights of added units

std::size_t inputs_of(const NetworkDesign& design) { return design.halved ? 196 : 784; }

MlpConfig mlp_of(const NetworkDesign& design, std::size_t width) {
  return {.inputs = inputs_of(design),
          .hidden = {width},
          .outputs = kClasses,
          .activation = ad::Activation::kRelu,
          .initializer = Initializer::kXavierUniform};
}

// The narrower net's units first; the rest, biases of new units as well, is random.
Parameters<float> widened(const Parameters<float>& narrow, Parameters<float> wide, Rng rng) {
  for (std::size_t i = 0; i < wide.count(); ++i) {
    const MatrixView<float> to = wide[i];
    const MatrixView<const float> from = narrow[i];
    for (std::size_t r = 0; r < to.rows(); ++r) {
      for (std::size_t c = 0; c < to.cols(); ++c) {
        to(r, c) = r < from.rows() && c < from.cols()
                       ? from(r, c)
                       : static_cast<float>(kNewWeight * rng.normal());
      }
    }
  }
  return wide;
}

// A share of the training labels becomes another class, drawn once for all nets of a seed.
void add_noise(Part<float>& part, double share, Rng rng) {
  for (std::size_t i = 0; i < part.labels.size(); ++i) {
    if (rng.uniform() >= share) continue;
    part.targets(i, part.labels[i]) = 0;
    part.labels[i] = (part.labels[i] + 1 + rng.below(kClasses - 1)) % kClasses;
    part.targets(i, part.labels[i]) = 1;
  }
}

struct Losses {
  double loss, error;
};
Losses losses_of(const MlpConfig& network, const Parameters<float>& parameters,
                 const Part<float>& part) {
  const Matrix<float> outputs = predict<float>(network, parameters, part.x.view());
  double sum = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double error =
        static_cast<double>(outputs.values()[i]) - static_cast<double>(part.targets.values()[i]);
    sum += error * error;
  }
  return {sum / static_cast<double>(outputs.rows()),
          error_rate<float>(std::as_const(outputs).view(), part.labels)};
}

// The objective is the mean over outputs as well, a tenth of the sum: rates are ten times those of
// the sum, and so are decays a tenth.
TrainConfig<float> settings(const NetworkDesign& design, bool below, std::uint64_t seed) {
  TrainConfig<float> config{.epochs = design.epochs, .batch_size = kBatch};
  config.optimizer = {.rule = UpdateRule::kMomentum,
                      .momentum = kMomentum,
                      .weight_decay = design.decay / kClasses};
  config.schedule.rate = design.rate * kClasses;
  if (below) {
    config.schedule.kind = ScheduleKind::kStep;
    config.schedule.period = 500;
    config.schedule.factor = 0.9;
  }
  config.seed = seed;
  return config;
}

struct Trained {
  NetworkFit fit;
  Parameters<float> parameters;
};

Trained train_one(const NetworkDesign& design, const Problem<float>& problem, std::size_t width,
                  const Parameters<float>* before, const Rng& rng, const Run& run) {
  const MlpConfig network = mlp_of(design, width);
  const bool below = static_cast<double>(width) < threshold_width(design);
  Rng own = rng.split(width);
  Parameters<float> start = mlp_parameters<float>(network, own);
  if (below && design.reuse && before != nullptr) {
    start = widened(*before, std::move(start), own.split("widen"));
  }
  TrainConfig<float> config = settings(design, below, own.bits());
  config.on_epoch = [&](const EpochRecord& epoch, const Parameters<float>& parameters) {
    // Where every label is right the loss is small: the classes are looked at only then.
    if (below && epoch.loss < 0.05 && losses_of(network, parameters, problem.train).error == 0) {
      return false;
    }
    return !run.stopping();
  };
  const auto result =
      train<float>(regression<float>(network),
                   {.x = problem.train.x.view(), .targets = problem.train.targets.view()},
                   std::move(start), config);
  const Losses train = losses_of(network, result.parameters, problem.train);
  const Losses test = losses_of(network, result.parameters, problem.test);
  return {{static_cast<double>(width), train.loss, test.loss, train.error, test.error,
           static_cast<double>(result.epochs)},
          result.parameters};
}

double seconds_of(const NetworkDesign& design, std::size_t width) {
  const double steps = static_cast<double>(design.epochs * design.n) / kBatch;
  const auto parameters =
      static_cast<double>(network_parameters(inputs_of(design), width, kClasses));
  return steps * (1e-5 + parameters * 6 * kBatch / 3e10);
}

// The nets of one seed, one after the other: below the threshold each needs the one before it, so a
// cell returns its parameters as well.
std::vector<NetworkFit> run_seed(const NetworkDesign& design, std::size_t seed, Run& run) {
  const Rng rng = run.rng().split("3").split(design.n).split(seed);
  std::optional<Problem<float>> problem;
  std::vector<NetworkFit> fits;
  Parameters<float> before;
  for (const std::size_t width : design.widths) {
    const std::size_t size = network_parameters(inputs_of(design), width, kClasses);
    const auto values = run.cell(
        fmt::format("3, {}, seed {}, H={}", design.name, seed, width), seconds_of(design, width),
        kValues<NetworkFit> + size, [&] {
          if (!problem) {
            problem = load_problem<float>("mnist", design.n, design.halved, run.data_directory);
            add_noise(problem->train, design.noise, rng.split("noise"));
          }
          const Trained trained =
              train_one(design, *problem, width, before.size() > 0 ? &before : nullptr, rng, run);
          std::vector<double> all = pack(std::vector{trained.fit});
          all.insert(all.end(), trained.parameters.flat().begin(), trained.parameters.flat().end());
          return all;
        });
    fits.push_back(
        unpack<NetworkFit>({values.begin(), values.begin() + kValues<NetworkFit>}).front());
    before = mlp_parameters<float>(mlp_of(design, width), rng);
    std::ranges::transform(std::span(values).subspan(kValues<NetworkFit>), before.flat().begin(),
                           [](double value) { return static_cast<float>(value); });
  }
  return fits;
}

bool is_shown(std::size_t epoch, std::size_t epochs) {
  // About ten a factor of ten.
  const double at = 10 * std::log10(static_cast<double>(epoch));
  const double after = 10 * std::log10(static_cast<double>(epoch + 1));
  return epoch == epochs || epoch <= 5 || std::floor(at) != std::floor(after);
}

}  // namespace

std::size_t network_parameters(std::size_t d, std::size_t width, std::size_t classes) {
  return (d + 1) * width + (width + 1) * classes;
}

double threshold_width(const NetworkDesign& design) {
  return static_cast<double>(kClasses * design.n - kClasses) /
         static_cast<double>(inputs_of(design) + 1 + kClasses);
}

double network_seconds(const NetworkDesign& design) {
  double sum = 0;
  for (const std::size_t width : design.widths) sum += seconds_of(design, width);
  return sum * static_cast<double>(design.seeds);
}

NetworkCurve run_network(const NetworkDesign& design, Run& run) {
  NetworkCurve curve{design};
  curve.seeds.resize(design.seeds);
  parallel_for(design.seeds,
               [&](std::size_t seed) { curve.seeds[seed] = run_seed(design, seed, run); });
  return curve;
}

std::vector<EpochPoint> run_epochs(const NetworkDesign& design, Run& run) {
  const std::size_t width = design.widths.front();
  std::size_t shown = 0;
  for (std::size_t epoch = 1; epoch <= design.epochs; ++epoch) {
    shown += is_shown(epoch, design.epochs) ? 1 : 0;
  }
  return unpack<EpochPoint>(
      run.cell("3, " + design.name, seconds_of(design, width), shown * kValues<EpochPoint>, [&] {
        auto problem = load_problem<float>("mnist", design.n, design.halved, run.data_directory);
        const Rng rng = run.rng().split("3").split(design.name);
        add_noise(problem.train, design.noise, rng.split("noise"));
        const MlpConfig network = mlp_of(design, width);
        std::vector<EpochPoint> points;
        TrainConfig<float> config = settings(design, false, rng.split("order").bits());
        std::size_t epoch = 0;
        config.on_epoch = [&](const EpochRecord&, const Parameters<float>& parameters) {
          if (is_shown(++epoch, design.epochs)) {
            const Losses test = losses_of(network, parameters, problem.test);
            points.push_back({static_cast<double>(epoch),
                              losses_of(network, parameters, problem.train).loss, test.loss,
                              test.error});
          }
          return !run.stopping();
        };
        train<float>(regression<float>(network),
                     {.x = problem.train.x.view(), .targets = problem.train.targets.view()},
                     mlp_parameters<float>(network, rng), config);
        points.resize(shown);
        return pack(points);
      }));
}

}  // namespace surplus::apps::double_descent
