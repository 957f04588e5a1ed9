#include "surplus/train/checkpoint.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/data/npy.h"

namespace surplus {
namespace {

constexpr double kVersion = 1;
constexpr std::size_t kCounts = 8, kHistoryColumns = 3;
const std::string kCarried = "carried/";

template <typename T>
MatrixView<const T> row_of(std::span<const T> values) {
  return {values.data(), 1, values.size()};
}

// Calls array(name, values) for the arrays of T that a state holds; empty ones are left out.
template <typename State, typename Array>
void for_each_array(State& state, const Array& array) {
  const auto use = [&](const std::string& name, auto values) {
    if (!values.empty()) array(name, values);
  };
  for (std::size_t i = 0; i < state.parameters.count(); ++i) {
    const NamedShape& matrix = state.parameters.layout()[i];
    const std::size_t begin = state.parameters.offset(i),
                      size = matrix.shape.rows * matrix.shape.cols;
    use("parameters/" + matrix.name, state.parameters.flat().subspan(begin, size));
  }
  use("optimizer/first", state.optimizer.first.values());
  use("optimizer/second", state.optimizer.second.values());
  use("best", state.best.flat());
}

}  // namespace

std::vector<double> fingerprint_of(const OptimizerConfig& optimizer, const Schedule& schedule) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  return {number(optimizer.rule),  optimizer.momentum,    optimizer.compensation,
          optimizer.beta1,         optimizer.beta2,       optimizer.epsilon,
          optimizer.weight_decay,  number(schedule.kind), schedule.rate,
          number(schedule.period), schedule.factor,       schedule.last,
          number(schedule.warm_up)};
}

template <typename T>
std::vector<double> fingerprint_of(const Examples<T>& examples, const TrainConfig<T>& config) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  std::vector<double> all = {number(examples.x.rows()),       number(examples.x.cols()),
                             number(examples.labels.size()),  number(examples.targets.cols()),
                             number(config.batch_size),       number(config.shuffle),
                             number(config.with_replacement), number(config.drop_last)};
  std::ranges::copy(fingerprint_of(config.optimizer, config.schedule), std::back_inserter(all));
  for (const double value :
       {number(config.schedule_in_steps), number(config.restart_at_drops),
        number(config.average_from), config.clip_norm, number(config.keep_best),
        number(config.seed >> 32), number(config.seed & 0xffffffffu)}) {
    all.push_back(value);
  }
  return all;
}

template <typename T>
void save_state(const std::filesystem::path& path, const TrainState<T>& state,
                const std::vector<double>& fingerprint, const Carried<T>& carried) {
  const auto number = [](std::size_t value) { return static_cast<double>(value); };
  const std::vector<double> counts = {kVersion,
                                      number(state.optimizer.steps),
                                      number(state.epoch),
                                      number(state.step),
                                      state.loss_sum,
                                      number(state.best_epoch),
                                      state.best_loss,
                                      number(state.average.count)};
  Matrix<double> history(state.history.size(), kHistoryColumns);
  for (std::size_t i = 0; i < state.history.size(); ++i) {
    const EpochRecord& epoch = state.history[i];
    std::ranges::copy(std::initializer_list<double>{epoch.loss, epoch.validation_loss, epoch.rate},
                      history.row(i).begin());
  }
  std::map<std::string, NpzArray> arrays = {{"fingerprint", row_of<double>(fingerprint)},
                                            {"counts", row_of<double>(counts)}};
  if (!history.empty()) arrays.emplace("history", history.view());
  if (state.average.count > 0) arrays.emplace("average", state.average.mean.view());
  for_each_array(state, [&](const std::string& name, std::span<const T> values) {
    arrays.emplace(name, row_of(values));
  });
  for (const auto& [name, view] : carried) {
    arrays.emplace(kCarried + name, MatrixView<const T>(view));
  }
  write_mixed_npz(path, arrays);
}

template <typename T>
void load_state(const std::filesystem::path& path, const std::vector<double>& fingerprint,
                TrainState<T>& state, const Carried<T>& carried) {
  // Floats are exact in double.
  const std::map<std::string, Matrix<double>> arrays = read_npz<double>(path);
  const auto require = [&](bool condition, const std::string& requirement) {
    SURPLUS_REQUIRE(condition, DataError, path.string(), requirement);
  };
  const auto values_of = [&](const std::string& name, std::size_t size) {
    const auto found = arrays.find(name);
    require(found != arrays.end() && found->second.size() == size,
            "a checkpoint of this training must have an array " + name + " of " + to_text(size) +
                " elements");
    return found->second.values();
  };
  const std::span<const double> counts = values_of("counts", kCounts);
  require(counts[0] == kVersion, "the checkpoint must be of version 1");
  require(std::ranges::equal(values_of("fingerprint", fingerprint.size()), fingerprint),
          "the checkpoint must be of a training with these settings");
  const auto count = [&](std::size_t i) {
    require(counts[i] >= 0 && counts[i] < 0x1p53 &&
                counts[i] == static_cast<double>(static_cast<std::size_t>(counts[i])),
            "a checkpoint's counts must be whole numbers");
    return static_cast<std::size_t>(counts[i]);
  };
  state.optimizer.steps = count(1);
  state.epoch = count(2);
  state.step = count(3);
  state.loss_sum = counts[4];
  state.best_epoch = count(5);
  state.best_loss = counts[6];
  state.average = {count(7), {}};
  if (state.average.count > 0) {
    const auto mean = values_of("average", state.parameters.size());
    state.average.mean = Matrix<double>(row_of<double>(mean));
  }
  state.history.clear();
  if (state.epoch > 0) {
    const auto history = values_of("history", state.epoch * kHistoryColumns);
    for (std::size_t i = 0; i < history.size(); i += kHistoryColumns) {
      state.history.push_back(
          {history[i], history[i + 1], history[i + 2], state.history.size() + 1});
    }
  }
  for_each_array(state, [&](const std::string& name, std::span<T> values) {
    std::ranges::transform(values_of(name, values.size()), values.begin(),
                           [](double value) { return static_cast<T>(value); });
  });
  for (const auto& [name, view] : carried) {
    const std::span<const double> values = values_of(kCarried + name, view.rows() * view.cols());
    for (std::size_t i = 0; i < view.rows(); ++i) {
      std::ranges::transform(values.subspan(i * view.cols(), view.cols()), view.row(i).begin(),
                             [](double value) { return static_cast<T>(value); });
    }
  }
}

#define SURPLUS_INSTANTIATE(T)                                                            \
  template std::vector<double> fingerprint_of(const Examples<T>&, const TrainConfig<T>&); \
  template void save_state(const std::filesystem::path&, const TrainState<T>&,            \
                           const std::vector<double>&, const Carried<T>&);                \
  template void load_state(const std::filesystem::path&, const std::vector<double>&,      \
                           TrainState<T>&, const Carried<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
