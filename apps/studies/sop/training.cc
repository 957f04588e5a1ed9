#include "apps/studies/sop/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <utility>

#include "apps/runner/cells.h"
#include "surplus/core/errors.h"
#include "surplus/data/augment.h"
#include "surplus/noise/detection.h"
#include "surplus/noise/label_noise.h"
#include "surplus/noise/noisy_training.h"
#include "surplus/train/augmented.h"
#include "surplus/train/train.h"

namespace surplus::apps::sop {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kRampEpochs = 10;

bool is_sop(Method method) {
  return method == Method::kSop || method == Method::kSopPaper || method == Method::kSopPlus;
}

struct TaskLabels {
  NoisyLabels train;
  std::vector<std::size_t> validation;
};

const std::vector<std::size_t>& human_labels(Noise noise, const HumanLabels& human) {
  if (noise == Noise::kAggregate) return human.aggregate;
  return noise == Noise::kRandom1 ? human.random1 : human.worst;
}

// Noise of which training and validation samples are one draw.
TaskLabels cut_labels(const std::vector<std::size_t>& noisy, const Task& task) {
  const auto middle = noisy.begin() + static_cast<std::ptrdiff_t>(task.train.labels.size());
  TaskLabels labels{{{noisy.begin(), middle}}, {middle, noisy.end()}};
  const std::vector<bool> wrong = wrong_labels(labels.train.labels, task.train.labels);
  labels.train.wrong =
      static_cast<double>(std::ranges::count(wrong, true)) / static_cast<double>(wrong.size());
  return labels;
}

TaskLabels labels_of(const Design& design, const Task& task, const Rng& rng) {
  const auto draw = [&](const std::vector<std::size_t>& labels, const char* stream) {
    switch (design.noise) {
      case Noise::kPair:
        return map_noise(labels, pair_map(kClasses), design.rate, false, rng.split(stream));
      case Noise::kAsymmetric:
        return map_noise(labels, cifar10_map(), design.rate, false, rng.split(stream));
      default:
        return symmetric_noise(labels, kClasses, design.rate, NewLabel::kAny, rng.split(stream));
    }
  };
  if (design.noise == Noise::kInstance) {
    const std::size_t n = task.train.labels.size(), d = task.train.x.cols();
    std::vector<std::size_t> labels = task.train.labels;
    labels.insert(labels.end(), task.validation.labels.begin(), task.validation.labels.end());
    Matrix<float> x(labels.size(), d);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      std::ranges::copy(i < n ? task.train.x.row(i) : task.validation.x.row(i - n),
                        x.row(i).begin());
    }
    return cut_labels(instance_noise(x, labels, kClasses, design.rate, rng.split("labels")).labels,
                      task);
  }
  if (design.noise >= Noise::kAggregate) {
    return cut_labels(human_labels(design.noise, *task.human), task);
  }
  return {draw(task.train.labels, "labels"), draw(task.validation.labels, "validation").labels};
}

double fingerprint(const std::vector<std::size_t>& labels) {
  std::uint32_t hash = 2166136261;
  for (const std::size_t label : labels) {
    hash = (hash ^ static_cast<std::uint32_t>(label)) * 16777619;
  }
  return hash;
}

// What the noise does to a class: known of what was drawn by a rule, else counted.
Matrix<double> transition_of(const Design& design, const Task& task, const NoisyLabels& noisy) {
  switch (design.noise) {
    case Noise::kSymmetric:
      return symmetric_transition(kClasses, design.rate, NewLabel::kAny);
    case Noise::kPair:
      return map_transition(pair_map(kClasses), design.rate);
    case Noise::kAsymmetric:
      return map_transition(cifar10_map(), design.rate);
    default:
      return count_transition(task.train.labels, noisy.labels, kClasses);
  }
}

Parameters<float> first_weights(const Task& task, const Rng& rng) {
  Parameters<float> start = start_of(task.network, rng);
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

// The network as it sees training images, and the second view of SOP+.
Scores<float> seen_scores(const Task& task) {
  Scores<float> scores = scores_of(task.network);
  if (!task.augment) return scores;
  return augmented<float>(std::move(scores), task.shape, {.padding = task.shape.height / 8});
}

View<float> second_view(const Task& task) {
  return [&task](MatrixView<const float> x, const Rng& rng, MatrixView<float> out) {
    distort_images<float>(task.shape, {.cutout = task.shape.height / 2}, rng, x, out);
  };
}

std::size_t third_of(std::size_t epochs) { return (epochs + 2) / 3; }

TrainConfig<float> settings_of(const Design& design, const Rng& rng) {
  return {.epochs = design.epochs,
          .batch_size = design.batch,
          .drop_last = true,
          .optimizer = {.rule = UpdateRule::kMomentum, .weight_decay = 5e-4},
          .schedule = {.kind = design.cosine ? ScheduleKind::kCosine : ScheduleKind::kStep,
                       .rate = design.learning_rate,
                       .period = design.cosine ? design.epochs : third_of(design.epochs),
                       .factor = 0.1,
                       .last = design.learning_rate / 100},
          .seed = rng.split("order").bits()};
}

// The transition that cross-entropy shows before it memorises the noise, where it is stopped on noisy
// validation samples; of the 97 % quantile of each class's probabilities.
Matrix<double> estimated_transition(const Design& design, const Task& task,
                                    const TaskLabels& labels, const Rng& rng,
                                    const Observer& observer) {
  constexpr double kQuantile = 0.97;
  TrainConfig<float> config = settings_of(design, rng);
  config.epochs = third_of(design.epochs);
  config.validation = {.x = task.validation.x, .labels = labels.validation};
  config.keep_best = true;
  config.on_step = observer;
  const TrainResult<float> early = train<float>(classification<float>(seen_scores(task)),
                                                {.x = task.train.x, .labels = labels.train.labels},
                                                first_weights(task, rng.split("first")), config);
  if (early.stop == Stop::kCancelled) throw Interrupted();
  Matrix<float> p = predict<float>(scores_of(task.network), early.parameters, task.train.x);
  for (std::size_t i = 0; i < p.rows(); ++i) {
    const auto row = p.row(i);
    const float top = *std::ranges::max_element(row);
    float sum = 0;
    for (float& value : row) sum += value = std::exp(value - top);
    for (float& value : row) value /= sum;
  }
  return estimate_transition(p, kQuantile);
}

NoisyLoss loss_of(const Design& design, const Task& task, const TaskLabels& labels, const Rng& rng,
                  const Observer& observer) {
  switch (design.method) {
    case Method::kCrossEntropy:
      break;
    case Method::kSmoothing:
      return LabelSmoothing{};
    case Method::kGce:
      return GeneralizedCrossEntropy{};
    case Method::kTruncated:
      return GeneralizedCrossEntropy{.k = 0.5, .warm_up = third_of(design.epochs)};
    case Method::kForward:
      return ForwardCorrection{transition_of(design, task, labels.train)};
    case Method::kEstimated:
      return ForwardCorrection{estimated_transition(design, task, labels, rng, observer)};
    case Method::kElr:
      return EarlyLearning{};
    case Method::kCoTeaching:
      return CoTeaching{.noise_rate = labels.train.wrong, .ramp_epochs = kRampEpochs};
    case Method::kMixup:
      return Mixup{};
    case Method::kAux:
      return AuxiliaryVariables{};
    case Method::kRdi: {
      const Parameters<float> start = first_weights(task, rng.split("first"));
      InitialDistance loss{.start = Matrix<double>(1, start.size())};
      std::ranges::copy(start.flat(), loss.start.values().begin());
      return loss;
    }
    case Method::kSop:
    case Method::kSopPaper:
    case Method::kSopPlus: {
      const bool paper = design.method == Method::kSopPaper,
                 plus = design.method == Method::kSopPlus;
      return SopConfig{.alpha_u = design.alpha_u,
                       .alpha_v = design.alpha_v,
                       .start_scale = design.start_scale,
                       .variant = paper ? SopVariant::kPaper : SopVariant::kRepoFinal,
                       .balance = plus ? 0.1 : 0,
                       .consistency = plus ? 0.9 : 0};
    }
  }
  return CrossEntropy{};
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
  Watched(const Task& task, const Design& design, const Rng& rng, const Observer& observer)
      : task_(task),
        design_(design),
        labels_(labels_of(design, task, rng)),
        loss_(loss_of(design, task, labels_, rng, observer)),
        state_(start_noisy<float>(loss_, task.train.labels.size(), kClasses, rng.split("loss"))),
        before_(state_.sop),
        network_(noisy_scores(loss_, scores_of(task.network))),
        curves_(design.epochs, kEpochValues) {
    summary_(0, kViolations) = 0;
  }

  TrainResult<float> train(const Rng& rng, const std::filesystem::path& checkpoint,
                           std::size_t checkpoint_epochs, const Observer& observer) {
    TrainConfig<float> config = settings_of(design_, rng);
    config.on_step = observer;
    config.on_epoch = [&](const EpochRecord& epoch, const Parameters<float>& parameters) {
      watch(epoch.epoch - 1, parameters);
      return true;
    };
    config.checkpoint = checkpoint;
    config.checkpoint_epochs = checkpoint_epochs;
    config.carried = state_.carried();
    config.carried.emplace("curves", curves_);
    config.carried.emplace("summary", summary_);
    if (is_sop(design_.method)) {
      config.carried.emplace("u before", before_.u);
      config.carried.emplace("v before", before_.v);
    }
    Parameters<float> start = first_weights(task_, rng.split("first"));
    if (design_.method == Method::kCoTeaching) {
      start = twin_parameters(start, first_weights(task_, rng.split("second")));
    }
    return surplus::train<float>(
        noisy_objective<float>(loss_, seen_scores(task_), state_, second_view(task_)),
        {.x = task_.train.x, .labels = labels_.train.labels}, std::move(start), config);
  }

  std::vector<double> finish(const Parameters<float>& parameters) const {
    const std::vector<bool> wrong = wrong_labels(labels_.train.labels, task_.train.labels);
    const Matrix<float> scores = predict<float>(network_, parameters, task_.train.x);
    Summary summary{.wrong = labels_.train.wrong,
                    .fingerprint = fingerprint(labels_.train.labels),
                    .loss_auc = ranking_auc(label_losses(scores, labels_.train.labels), wrong),
                    .noise_auc = kNone,
                    .ties_auc = kNone,
                    .corrected = kNone,
                    .mean_u2 = kNone,
                    .most_u = summary_(0, kMostU),
                    .most_v = summary_(0, kMostV),
                    .violations = summary_(0, kViolations)};
    if (is_sop(design_.method)) {
      const std::vector<double> found = sop_noise_scores(state_.sop, labels_.train.labels);
      summary.noise_auc = ranking_auc(found, wrong);
      summary.ties_auc = ranking_auc(found, wrong, 1);
      const std::vector<bool> left =
          wrong_labels(sop_corrected_labels(state_.sop, labels_.train.labels), task_.train.labels);
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
                                   labels_.train.labels, task_.train.labels);
    Epoch now{.test = accuracy(task_.test, task_.test.labels),
              .validation = accuracy(task_.validation, labels_.validation),
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
  TaskLabels labels_;
  NoisyLoss loss_;
  NoisyState<float> state_;
  SopState<float> before_;  // as it was an epoch ago
  Scores<float> network_;
  Matrix<float> curves_;
  Matrix<float> summary_{1, 3};
};

}  // namespace

std::string_view to_text(Noise noise) { return kNoiseNames[static_cast<std::size_t>(noise)]; }

double human_rate(Noise noise) {
  if (noise == Noise::kAggregate) return 0.0901;
  return noise == Noise::kRandom1 ? 0.1723 : 0.4021;
}

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
  std::string name =
      fmt::format("{}, {} {:g}, {}, seed {}, {} epochs", design.task, to_text(design.noise),
                  design.rate, to_text(design.method), design.seed, design.epochs);
  if (design.cosine) name += ", cosine";
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

double training_seconds(const Design& design, const TaskSize& size) {
  const double steps =
      std::floor(static_cast<double>(size.samples) / static_cast<double>(design.batch));
  const bool twice = design.method == Method::kCoTeaching || design.method == Method::kSopPlus;
  const double times = twice ? 2 : design.method == Method::kEstimated ? 4.0 / 3 : 1;
  return static_cast<double>(design.epochs) *
         (steps * step_seconds(size.network, static_cast<double>(design.batch)) * times +
          predict_seconds(size.network, static_cast<double>(size.watched)));
}

Training run_training(const Task& task, const Design& design, double state_seconds, Run& run) {
  const std::string name = name_of(design);
  const std::size_t samples = task.train.labels.size();
  const double seconds = training_seconds(
      design,
      {task.network, samples, samples + task.validation.labels.size() + task.test.labels.size()});
  const auto compute = [&] {
    // The same labels, start and order for all methods of a seed.
    const Rng rng =
        run.rng()
            .split(design.task)
            .split(fmt::format("{} {:g}",
                               design.noise == Noise::kSymmetric ? "any" : to_text(design.noise),
                               design.rate))
            .split(design.seed);
    Watched watched(task, design, rng, run.observer());
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
