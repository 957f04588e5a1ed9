/// The losses that a method against label noise is compared with, on the scores of any network.
///
/// Common to all: scores are n x k, labels n classes below k; the result is the mean over the rows,
/// 1 x 1. Throws ShapeError unless there is a label per row, ArgumentError if a label is not below k
/// or a parameter out of its domain.
#ifndef SURPLUS_NOISE_BASELINES_H_
#define SURPLUS_NOISE_BASELINES_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/autodiff/tape.h"
#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

/// Cross-entropy to (1 - a) e_y + a / k, a below 1; negative a is negative label smoothing.
/// Source  Szegedy et al. (2016), section 7; Wei et al. (2022), To smooth or not?
template <typename T>
ad::Var<T> label_smoothing_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                                double a);

/// (1 - p_y^q) / q, q above 0 and at most 1: from cross-entropy (q to 0) to the absolute error (1).
/// Truncated at k: where p_y is at most k, the constant (1 - k^q) / q, so that the sample is dropped
/// for as long as that is so. A Hessian product is refused.
///
/// k       0 or more, below 1; 0 truncates nothing
/// Source  Zhang, Sabuncu (2018), Generalized cross entropy loss, equations 6 and 9. Their algorithm
///         chooses the samples every few epochs, from the best network so far; here each step does
template <typename T>
ad::Var<T> generalized_cross_entropy_loss(const ad::Var<T>& scores,
                                          std::span<const std::size_t> labels, double q,
                                          double k = 0);

/// -log (T^T p)_y: the cross-entropy of what the noise makes of the prediction. A Hessian product is
/// refused.
///
/// transition  T of label_noise.h, k x k, rows of probabilities
/// Source  Patrini et al. (2017), theorem 2
template <typename T>
ad::Var<T> forward_correction_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                                   MatrixView<const double> transition);

/// sum_a (T^-1)_ya (-log p_a): the mean over the noise is the cross-entropy of the true label.
///
/// inverse  T^-1, k x k
/// Source  Patrini et al. (2017), theorem 1
template <typename T>
ad::Var<T> backward_correction_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                                    MatrixView<const double> inverse);
/// T^-1 for that. Throws ShapeError if T is not square, NumericalError if it is singular
Matrix<double> inverse_transition(MatrixView<const double> transition);

/// Early-learning regularization: cross-entropy + lambda log(1 - <t, p>), the targets t of these
/// samples being averages of their predictions, which go into them first: t = beta t + (1 - beta) p.
/// p is clamped to [1e-4, 1 - 1e-4] in both. A Hessian product is refused.
///
/// rows     n, which samples these are
/// targets  all samples x k, zeros at the start; those of `rows` are updated unless the loss is not
///          finite
/// beta     0 or more, below 1
/// lambda   0 or more
/// Source   Liu, Niles-Weed, Razavian, Fernandez-Granda (2020), equations 6 and 9, and their code
template <typename T>
ad::Var<T> early_learning_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                               std::span<const std::size_t> rows, MatrixView<T> targets,
                               double beta, double lambda);

/// AUX: the cross-entropy of scores + lambda b, b being variables of these samples that take up what
/// the network does not fit, linearly where SOP has squares; those of the batch then make a step of
/// plain gradient descent. A Hessian product is refused.
///
/// rows       n, which samples these are
/// auxiliary  b of all samples x k, zeros at the start; those of `rows` are updated unless the loss is
///            not finite
/// lambda     0 or more
/// rate       step size of b, 0 or more
/// Source     Hu, Li, Yu (2020), Simple and effective regularization methods for training on noisily
///            labeled data with generalization guarantee, ICLR, section 3.2
template <typename T>
ad::Var<T> auxiliary_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                          std::span<const std::size_t> rows, MatrixView<T> auxiliary, double lambda,
                          double rate);

/// RDI: lambda^2 / 2 times the squared distance of the parameters from their start, to be added to a
/// loss.
///
/// start   as many numbers as the parameters have, matrix after matrix; must live as long as the tape's
///         values
/// lambda  0 or more
/// Source  Hu, Li, Yu (2020), section 3.1
template <typename T>
ad::Var<T> distance_to_start(std::span<const ad::Var<T>> parameters, MatrixView<const T> start,
                             double lambda);

/// Co-teaching: of two networks each learns, by cross-entropy, from the rows of which the other has
/// the smallest losses, `kept` of all, at least one row. The sum of both means.
///
/// kept     above 0, at most 1
/// Source   Han et al. (2018), Co-teaching, algorithm 1
template <typename T>
ad::Var<T> co_teaching_loss(const ad::Var<T>& first, const ad::Var<T>& second,
                            std::span<const std::size_t> labels, double kept);

/// A draw from Beta(a, a), which mixup weighs two samples with; a above 0.
double mixup_weight(double a, Rng& rng);

}  // namespace surplus

#endif  // SURPLUS_NOISE_BASELINES_H_
