#include "apps/studies/sop/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "apps/runner/cells.h"
#include "surplus/core/errors.h"
#include "surplus/noise/detection.h"
#include "surplus/noise/label_noise.h"
#include "surplus/noise/noisy_training.h"
#include "surplus/train/train.h"

namespace surplus::apps::sop {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kRampEpochs = 10;

bool is_sop(Method method) { return method == Method::kSop || method == Method::kSopPaper; }

NoisyLabels noisy_labels(const Design& design, const std::vector<std::size_t>& labels,
                         const Rng& rng) {
  if (design.noise == Noise::kPair) {
    return map_noise(labels, pair_map(kClasses), design.rate, false, rng);
  }
  return symmetric_noise(labels, kClasses, design.rate, NewLabel::kAny, rng);
}

NoisyLoss loss_of(const Design& design, double wrong) {
  switch (design.method) {
    case Method::kCrossEntropy:
      break;
    case Method::kSmoothing:
      return LabelSmoothing{};
    case Method::kGce:
      return GeneralizedCrossEntropy{};
    case Method::kForward:
      return ForwardCorrection{design.noise == Noise::kPair
                                   ? map_transition(pair_map(kClasses), design.rate)
                                   : symmetric_transition(kClasses, design.rate, NewLabel::kAny)};
    case Method::kElr:
      return EarlyLearning{};
    case Method::kCoTeaching:
      return CoTeaching{.noise_rate = wrong, .ramp_epochs = kRampEpochs};
    case Method::kMixup:
      return Mixup{};
    case Method::kSop:
    case Method::kSopPaper:
      return SopConfig{
          .alpha_u = design.alpha_u,
          .alpha_v = design.alpha_v,
          .start_scale = design.start_scale,
          .variant = design.method == Method::kSop ? SopVariant::kRepoFinal : SopVariant::kPaper};
  }
  return CrossEntropy{};
}

Parameters<float> start_of(const Task& task, const Rng& rng) {
  Parameters<float> start = mlp_parameters<float>(task.mlp, rng);
  // The synthetic task's last layer starts with variance 1 / inputs.
  if (task.name == kSynthetic) {
    for (std::size_t i = 0; i < start.count(); ++i) {
      if (start.layout()[i].name != "1.weight") continue;
      for (std::size_t row = 0; row < kClasses; ++row) {
        for (float& w : start[i].row(row)) w *= static_cast<float>(std::numbers::sqrt2 / 2);
      }
    }
  }
  return start;
}

// What SOP's variables did from one epoch to the next that they must not do.
double count_violations(Method method, const SopState<float>& before, const SopState<float>& now) {
  double count = 0;
  if (method == Method::kSopPaper) {
    for (std::size_t i = 0; i < now.u.rows(); ++i) {
      count += std::abs(now.u(i, 0)) < std::abs(before.u(i, 0));
    }
    return count;
  }
  for (const auto& [old, fresh] : {std::pair{&before.u, &now.u}, std::pair{&before.v, &now.v}}) {
    for (std::size_t i = 0; i < old->size(); ++i) {
      const float value = old->values()[i];
      count += value * value > 1 && value != fresh->values()[i];
    }
  }
  return count;
}

std::vector<double> flatten(const Summary& summary, const Matrix<float>& curves) {
  std::vector<double> values = pack(std::vector{summary});
  values.insert(values.end(), curves.values().begin(), curves.values().end());
  return values;
}

Training unflatten(const Design& design, const std::vector<double>& values) {
  constexpr std::size_t kSummary = kValues<Summary>;
  Training training{design, {}, {}};
  training.summary =
      unpack<Summary>(std::vector<double>(values.begin(), values.begin() + kSummary)).front();
  for (std::size_t i = kSummary; i < values.size(); i += kEpochValues) {
    std::array<float, kEpochValues> numbers;
    std::transform(values.begin() + static_cast<std::ptrdiff_t>(i),
                   values.begin() + static_cast<std::ptrdiff_t>(i + kEpochValues), numbers.begin(),
                   [](double value) { return static_cast<float>(value); });
    training.epochs.push_back(std::bit_cast<Epoch>(numbers));
  }
  return training;
}

// A training as it goes on: all that its observer and its checkpoint need.
class Watched {
 public:
  Watched(const Task& task, const Design& design, const Rng& rng)
      : task_(task),
        design_(design),
        noisy_(noisy_labels(design, task.train.labels, rng.split("labels"))),
        validation_(noisy_labels(design, task.validation.labels, rng.split("validation")).labels),
        loss_(loss_of(design, noisy_.wrong)),
        state_(start_noisy<float>(loss_, task.train.labels.size(), kClasses, rng.split("loss"))),
        before_(state_.sop),
        network_(noisy_scores(loss_, mlp_scores<float>(task.mlp))),
        curves_(design.epochs, kEpochValues) {
    summary_(0, kViolations) = 0;
  }

  TrainResult<float> train(const Rng& rng, const std::filesystem::path& checkpoint,
                           std::size_t checkpoint_epochs, const Observer& observer) {
    const std::size_t third = (design_.epochs + 2) / 3;
    TrainConfig<float> config{
        .epochs = design_.epochs,
        .batch_size = design_.batch,
        .drop_last = true,
        .optimizer = {.rule = UpdateRule::kMomentum, .weight_decay = 5e-4},
        .schedule = {.kind = ScheduleKind::kStep,
                     .rate = design_.learning_rate,
                     .period = third,
                     .factor = 0.1},
        .seed = rng.split("order").bits(),
        .on_step = observer,
        .on_epoch =
            [&](const EpochRecord& epoch, const Parameters<float>& parameters) {
              watch(epoch.epoch - 1, parameters);
              return true;
            },
        .checkpoint = checkpoint,
        .checkpoint_epochs = checkpoint_epochs,
        .carried = state_.carried()};
    config.carried.emplace("curves", curves_);
    config.carried.emplace("summary", summary_);
    if (is_sop(design_.method)) {
      config.carried.emplace("u before", before_.u);
      config.carried.emplace("v before", before_.v);
    }
    Parameters<float> start = start_of(task_, rng.split("first"));
    if (design_.method == Method::kCoTeaching) {
      start = twin_parameters(start, start_of(task_, rng.split("second")));
    }
    return surplus::train<float>(
        noisy_objective<float>(loss_, mlp_scores<float>(task_.mlp), state_),
        {.x = task_.train.x, .labels = noisy_.labels}, std::move(start), config);
  }

  std::vector<double> finish(const Parameters<float>& parameters) const {
    const std::vector<bool> wrong = wrong_labels(noisy_.labels, task_.train.labels);
    const Matrix<float> scores = predict<float>(network_, parameters, task_.train.x);
    Summary summary{.wrong = noisy_.wrong,
                    .loss_auc = ranking_auc(label_losses(scores, noisy_.labels), wrong),
                    .noise_auc = kNone,
                    .ties_auc = kNone,
                    .corrected = kNone,
                    .mean_u2 = kNone,
                    .most_u = summary_(0, kMostU),
                    .most_v = summary_(0, kMostV),
                    .violations = summary_(0, kViolations)};
    if (is_sop(design_.method)) {
      const std::vector<double> found = sop_noise_scores(state_.sop, noisy_.labels);
      summary.noise_auc = ranking_auc(found, wrong);
      summary.ties_auc = ranking_auc(found, wrong, 1);
      const std::vector<bool> left =
          wrong_labels(sop_corrected_labels(state_.sop, noisy_.labels), task_.train.labels);
      summary.corrected = 1 - static_cast<double>(std::ranges::count(left, true)) /
                                  static_cast<double>(left.size());
      summary.mean_u2 = sop_activity(state_.sop).mean_u2;
    }
    return flatten(summary, curves_);
  }

 private:
  enum Column : std::size_t { kMostU, kMostV, kViolations };

  void watch(std::size_t epoch, const Parameters<float>& parameters) {
    const auto accuracy = [&](const Samples& samples, const std::vector<std::size_t>& labels) {
      return static_cast<float>(
          1 - error_rate<float>(predict<float>(network_, parameters, samples.x), labels));
    };
    const LabelFit fit = label_fit(predict<float>(network_, parameters, task_.train.x),
                                   noisy_.labels, task_.train.labels);
    Epoch now{.test = accuracy(task_.test, task_.test.labels),
              .validation = accuracy(task_.validation, validation_),
              .noisy = static_cast<float>(fit.noisy),
              .memorized = static_cast<float>(fit.memorized),
              .recovered = static_cast<float>(fit.recovered),
              .awake = std::numeric_limits<float>::quiet_NaN()};
    if (is_sop(design_.method)) {
      const SopActivity activity = sop_activity(state_.sop);
      now.awake = static_cast<float>(activity.v_awake);
      const auto raise = [&](Column column, double value) {
        summary_(0, column) = std::max(summary_(0, column), static_cast<float>(value));
      };
      raise(kMostU, activity.most_u);
      raise(kMostV, activity.most_v);
      summary_(0, kViolations) +=
          static_cast<float>(count_violations(design_.method, before_, state_.sop));
      std::ranges::copy(state_.sop.u.values(), before_.u.values().begin());
      std::ranges::copy(state_.sop.v.values(), before_.v.values().begin());
    }
    std::ranges::copy(std::bit_cast<std::array<float, kEpochValues>>(now),
                      curves_.row(epoch).begin());
  }

  const Task& task_;
  const Design& design_;
  NoisyLabels noisy_;
  std::vector<std::size_t> validation_;
  NoisyLoss loss_;
  NoisyState<float> state_;
  SopState<float> before_;  // as it was an epoch ago
  Scores<float> network_;
  Matrix<float> curves_;
  Matrix<float> summary_{1, 3};
};

}  // namespace

std::string_view to_text(Method method) { return kMethodNames[static_cast<std::size_t>(method)]; }

std::size_t Training::best_epoch() const {
  const auto best = std::ranges::max_element(epochs, {}, &Epoch::test);
  return static_cast<std::size_t>(best - epochs.begin()) + 1;
}

double Training::best() const { return epochs[best_epoch() - 1].test; }

double Training::stopped() const {
  return std::ranges::max_element(epochs, {}, &Epoch::validation)->test;
}

std::string name_of(const Design& design) {
  const Design usual;
  std::string name = fmt::format("{}, {} {:g}, {}, seed {}, {} epochs", design.task,
                                 design.noise == Noise::kPair ? "pair" : "symmetric", design.rate,
                                 to_text(design.method), design.seed, design.epochs);
  if (design.batch != usual.batch) name += fmt::format(", batch {}", design.batch);
  if (design.learning_rate != usual.learning_rate) {
    name += fmt::format(", rate {:g}", design.learning_rate);
  }
  if (is_sop(design.method) &&
      (design.alpha_u != usual.alpha_u || design.alpha_v != usual.alpha_v ||
       design.start_scale != usual.start_scale)) {
    name += fmt::format(", alpha {:g} {:g} from {:g}", design.alpha_u, design.alpha_v,
                        design.start_scale);
  }
  return name;
}

double training_seconds(const Design& design, const MlpConfig& mlp, std::size_t samples,
                        std::size_t watched) {
  // As measured on one core with AVX2.
  const auto weights = static_cast<double>(mlp.hidden[0] * (mlp.inputs + mlp.outputs));
  const double steps = std::floor(static_cast<double>(samples) / static_cast<double>(design.batch));
  const double step = 4e-5 + 6 * static_cast<double>(design.batch) * weights / 5e10;
  const double watching = 2 * static_cast<double>(watched) * weights / 5e10;
  return static_cast<double>(design.epochs) *
         (steps * step * (design.method == Method::kCoTeaching ? 2 : 1) + watching);
}

Training run_training(const Task& task, const Design& design, double state_seconds, Run& run) {
  const std::string name = name_of(design);
  const double seconds = training_seconds(
      design, task.mlp, task.train.labels.size(),
      task.train.labels.size() + task.validation.labels.size() + task.test.labels.size());
  const auto compute = [&] {
    // The same labels, start and order for all methods of a seed.
    const Rng rng = run.rng()
                        .split(design.task)
                        .split(fmt::format("{} {:g}", design.noise == Noise::kPair ? "pair" : "any",
                                           design.rate))
                        .split(design.seed);
    Watched watched(task, design, rng);
    std::filesystem::path checkpoint;
    std::size_t every = 1;
    if (seconds > state_seconds) {
      checkpoint = run.state_file(name);
      every = static_cast<std::size_t>(
          std::max(1.0, std::ceil(state_seconds * static_cast<double>(design.epochs) / seconds)));
    }
    const TrainResult<float> result = watched.train(rng, checkpoint, every, run.observer());
    if (result.stop == Stop::kCancelled) throw Interrupted();
    SURPLUS_REQUIRE(result.stop != Stop::kNotFinite, NumericalError, "sop",
                    "the loss must stay finite", "training", name);
    return watched.finish(result.parameters);
  };
  return unflatten(
      design, run.cell(name, seconds, kValues<Summary> + design.epochs * kEpochValues, compute));
}

}  // namespace surplus::apps::sop
