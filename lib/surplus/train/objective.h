/// What is trained on, and what is to become small.
#ifndef SURPLUS_TRAIN_OBJECTIVE_H_
#define SURPLUS_TRAIN_OBJECTIVE_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "surplus/autodiff/tape.h"
#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/nn/mlp.h"
#include "surplus/nn/resnet.h"

namespace surplus {

/// Rows with classes, or with targets, or with neither. Only looked at. T is float or double.
template <typename T>
struct Examples {
  MatrixView<const T> x = {};                ///< n x d
  std::span<const std::size_t> labels = {};  ///< n; or empty
  MatrixView<const T> targets = {};          ///< n x k; or empty
};

/// Some of the examples.
template <typename T>
struct Batch {
  Examples<T> examples;
  Rng rng;        ///< of this step alone, for dropout and noise
  bool training;  ///< false in an evaluation
  /// Which rows of all the training's examples these are, for losses with variables of their own
  /// for each sample; empty in an evaluation.
  std::span<const std::size_t> rows = {};
  std::size_t epoch = 0;  ///< completed before this step; 0 in an evaluation
  /// Where a network puts the next values of its running averages; null if nobody takes them.
  std::vector<Assignment<T>>* assignments = nullptr;
};

/// The scores, n x k, of a network for the batch's rows, from the parameters' leaves. What it puts
/// on the tape must live as long.
template <typename T>
using Scores = std::function<ad::Var<T>(ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                                        const Batch<T>& batch)>;

/// Those of a fully connected network.
template <typename T>
Scores<T> mlp_scores(MlpConfig network);
/// Those of a residual network, whose running averages a training step moves on. In an evaluation
/// the activations of 32 images are in memory at a time.
template <typename T>
Scores<T> resnet_scores(ResnetConfig network);

/// The scores for all rows of x, as in an evaluation, 1000 rows at a time.
///
/// Throws   what the network throws
/// Promises the bits do not depend on the number of threads
template <typename T>
Matrix<T> predict(const std::type_identity_t<Scores<T>>& network, const Parameters<T>& parameters,
                  std::type_identity_t<MatrixView<const T>> x);

/// The mean loss of the batch's rows, 1 x 1, from the parameters' leaves (those of
/// Parameters::layout(), in that order). Constants that it puts on the tape must live as long. A
/// training calls it once in each step: it may change memory of its own then (TrainConfig::carried).
template <typename T>
using Objective = std::function<ad::Var<T>(
    ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters, const Batch<T>& batch)>;

/// The mean softmax cross-entropy of a network with an output per class.
template <typename T>
Objective<T> classification(MlpConfig network);
template <typename T>
Objective<T> classification(Scores<T> network);

/// The mean squared error of a network with an output per target.
template <typename T>
Objective<T> regression(MlpConfig network);

/// The mean loss over all examples, 1000 rows at a time, the last batch weighing what it has.
///
/// Throws   ArgumentError if there are no examples, and what the objective throws
/// Promises the bits do not depend on the number of threads
template <typename T>
double evaluate(const std::type_identity_t<Objective<T>>& objective,
                const Parameters<T>& parameters, const Examples<T>& examples);

/// The share of rows whose largest score, the first of equals, is not at their label.
///
/// scores   n x k, n >= 1
/// Throws   ShapeError if there is not a label per row, or no row or column
template <typename T>
double error_rate(MatrixView<const T> scores, std::span<const std::size_t> labels);

/// Throws ShapeError unless there is at least one row and labels and targets are one per row or
/// none.
template <typename T>
void require_examples(std::string_view function, const Examples<T>& examples);

}  // namespace surplus

#endif  // SURPLUS_TRAIN_OBJECTIVE_H_
