/// One step of training.
#ifndef SURPLUS_TRAIN_STEP_H_
#define SURPLUS_TRAIN_STEP_H_

#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/nn/parameters.h"
#include "surplus/optim/optimizer.h"
#include "surplus/train/objective.h"

namespace surplus {

/// What a step does besides the objective.
struct StepConfig {
  OptimizerConfig optimizer = {};
  double rate = 0.01;  ///< learning rate, 0 or more
  /// A gradient whose l2 norm over all parameters is larger is scaled down to it, as PyTorch's
  /// clip_grad_norm_ does; above 0. Infinity leaves it alone.
  double clip_norm = std::numeric_limits<double>::infinity();
};

/// The memory of train_step(), to be kept from step to step; its content means nothing.
template <typename T>
struct StepMemory {
  /// Where a piece of a matrix's gradient goes.
  struct Piece {
    const UpdateStep<T>* step = nullptr;
    std::size_t offset = 0, cols = 0;
    void operator()(std::size_t i, std::size_t j, MatrixView<const T> d) const;
  };

  ad::Tape<T> tape;
  std::vector<ad::Var<T>> leaves;
  std::vector<Piece> pieces;
  std::vector<ad::PieceSink<T>> piece_sinks;
  std::vector<ad::Sink<T>> sinks;
  Matrix<T> gradient;  // of all parameters, if it is to be clipped
  std::vector<double> partial_norms;
  std::vector<Assignment<T>> assignments;
};

/// Computes the loss and its gradient and updates the parameters: those that are trained by the
/// gradient, the others by what the objective assigns.
///
/// state    of start_optimizer() for config.optimizer and parameters.size()
/// Returns  the loss before the update; if it is not finite, nothing is updated
/// Throws   ArgumentError if the config is out of its domain; ShapeError if the state does not fit;
///          or if an assignment is not to a matrix of its shape that is not trained; what the
///          objective throws
/// Cost     three products for each layer but the first, two for that one. No allocation from the
///          second call on that has the same memory and shapes. Without clipping no gradient is
///          written to memory: each piece is used for the update while it is in cache
/// Promises the bits do not depend on the number of threads
template <typename T>
double train_step(const std::type_identity_t<Objective<T>>& objective,
                  const std::type_identity_t<Batch<T>>& batch, const StepConfig& config,
                  Parameters<T>& parameters, OptimizerState<T>& state, StepMemory<T>& memory);

}  // namespace surplus

#endif  // SURPLUS_TRAIN_STEP_H_
