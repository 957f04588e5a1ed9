#include "surplus/train/step.h"

#include <cmath>
#include <functional>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus {
namespace {

// The l2 norm; partial sums of chunks, in their order.
template <typename T>
double norm(std::span<const T> values, std::vector<double>& partial) {
  const Chunks chunks{values.size(), std::size_t{1} << 15};
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
    const Shape shape = parameters.layout()[i].shape;
    memory.sinks.push_back(
        {memory.leaves[i],
         {memory.gradient.data() + parameters.offset(i), shape.rows, shape.cols}});
  }
  ad::gradient(loss, memory.sinks);
  const std::span<T> d_w = memory.gradient.values();
  const double size = norm<T>(d_w, memory.partial_norms);
  // 1e-6: as PyTorch.
  const double factor = config.clip_norm / (size + 1e-6);
  if (factor < 1) {
    for (T& d : d_w) d *= static_cast<T>(factor);
  }
  update<T>(config.optimizer, config.rate, d_w, state, parameters.flat());
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
    memory.piece_sinks.push_back({memory.leaves[i], std::cref(memory.pieces[i])});
  }
  ad::gradient_in_pieces(loss, memory.piece_sinks);
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
  const ad::Var<T> loss = objective(memory.tape, memory.leaves, batch);
  const auto value = static_cast<double>(loss.item());
  if (!std::isfinite(value)) return value;
  if (std::isinf(config.clip_norm)) {
    update_in_pieces(loss, config, parameters, state, memory);
  } else {
    update_clipped(loss, config, parameters, state, memory);
  }
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
