#include "surplus/train/step.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 15;  // elements of a task

// The l2 norm; partial sums of chunks, in their order.
template <typename T>
double norm(std::span<const T> values, std::vector<double>& partial) {
  const Chunks chunks{values.size(), kChunk};
  partial.resize(chunks.count());
  const auto task = [&](std::size_t chunk) {
    double sum = 0;
    for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    partial[chunk] = sum;
  };
  parallel_for(chunks.count(), std::cref(task));
  double total = 0;
  for (const double sum : partial) total += sum;
  return std::sqrt(total);
}

template <typename T>
void update_clipped(const ad::Var<T>& loss, const StepConfig& config, Parameters<T>& parameters,
                    OptimizerState<T>& state, StepMemory<T>& memory) {
  if (memory.gradient.size() != parameters.size()) {
    memory.gradient = Matrix<T>(1, parameters.size());
  }
  memory.sinks.clear();
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    const auto& [name, shape, trained] = parameters.layout()[i];
    T* const d = memory.gradient.data() + parameters.offset(i);
    if (trained) {
      memory.sinks.push_back({memory.leaves[i], {d, shape.rows, shape.cols}});
    } else {
      std::fill_n(d, shape.rows * shape.cols, T{0});
    }
  }
  ad::gradient(loss, memory.sinks);
  const std::span<T> d_w = memory.gradient.values();
  const double size = norm<T>(d_w, memory.partial_norms);
  // 1e-6: as PyTorch.
  const double factor = config.clip_norm / (size + 1e-6);
  if (factor < 1) {
    for (T& d : d_w) d *= static_cast<T>(factor);
  }
  const UpdateStep<T> step(config.optimizer, config.rate, state, parameters.flat());
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    const auto& [name, shape, trained] = parameters.layout()[i];
    if (!trained) continue;
    const Chunks chunks{shape.rows * shape.cols, kChunk};
    const auto task = [&](std::size_t chunk) {
      const std::size_t begin = parameters.offset(i) + chunks.begin(chunk);
      step.apply(begin, d_w.subspan(begin, chunks.end(chunk) - chunks.begin(chunk)));
    };
    parallel_for(chunks.count(), std::cref(task));
  }
}

template <typename T>
void update_in_pieces(const ad::Var<T>& loss, const StepConfig& config, Parameters<T>& parameters,
                      OptimizerState<T>& state, StepMemory<T>& memory) {
  const UpdateStep<T> step(config.optimizer, config.rate, state, parameters.flat());
  memory.pieces.clear();
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    memory.pieces.push_back({&step, parameters.offset(i), parameters.layout()[i].shape.cols});
  }
  memory.piece_sinks.clear();
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    if (!parameters.layout()[i].trained) continue;
    memory.piece_sinks.push_back({memory.leaves[i], std::cref(memory.pieces[i])});
  }
  ad::gradient_in_pieces(loss, memory.piece_sinks);
}

template <typename T>
void require_assignments(const Parameters<T>& parameters,
                         const std::vector<Assignment<T>>& assignments) {
  for (const auto& [matrix, value] : assignments) {
    SURPLUS_REQUIRE(matrix < parameters.count() && !parameters.layout()[matrix].trained &&
                        parameters.layout()[matrix].shape == value.shape(),
                    ArgumentError, "train_step",
                    "assignments must be to matrices of their shape that are not trained", "matrix",
                    matrix, "value", value.shape());
  }
}

template <typename T>
void assign(const std::vector<Assignment<T>>& assignments, Parameters<T>& parameters) {
  for (const auto& [matrix, value] : assignments) {
    for (std::size_t i = 0; i < value.rows(); ++i) {
      std::ranges::copy(value.row(i), parameters[matrix].row(i).begin());
    }
  }
}

}  // namespace

template <typename T>
void StepMemory<T>::Piece::operator()(std::size_t i, std::size_t j, MatrixView<const T> d) const {
  if (d.cols() == cols && d.is_contiguous()) {
    return step->apply(offset + i * cols, {d.data(), d.rows() * cols});
  }
  for (std::size_t row = 0; row < d.rows(); ++row) {
    step->apply(offset + (i + row) * cols + j, d.row(row));
  }
}

template <typename T>
double train_step(const std::type_identity_t<Objective<T>>& objective,
                  const std::type_identity_t<Batch<T>>& batch, const StepConfig& config,
                  Parameters<T>& parameters, OptimizerState<T>& state, StepMemory<T>& memory) {
  SURPLUS_REQUIRE(config.clip_norm > 0, ArgumentError, "train_step", "clip_norm must be above 0",
                  "clip_norm", config.clip_norm);
  memory.tape.clear();
  put_leaves(parameters, memory.tape, memory.leaves);
  memory.assignments.clear();
  Batch<T> told = batch;
  told.assignments = &memory.assignments;
  const ad::Var<T> loss = objective(memory.tape, memory.leaves, told);
  const auto value = static_cast<double>(loss.item());
  if (!std::isfinite(value)) return value;
  require_assignments(parameters, memory.assignments);
  if (std::isinf(config.clip_norm)) {
    update_in_pieces(loss, config, parameters, state, memory);
  } else {
    update_clipped(loss, config, parameters, state, memory);
  }
  assign(memory.assignments, parameters);
  return value;
}

#define SURPLUS_INSTANTIATE(T)                                                        \
  template struct StepMemory<T>;                                                      \
  template double train_step(const Objective<T>&, const Batch<T>&, const StepConfig&, \
                             Parameters<T>&, OptimizerState<T>&, StepMemory<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
