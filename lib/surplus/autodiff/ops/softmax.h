/// The softmax family: log-sum-exp, log-softmax and the cross-entropy of a classifier.
///
/// In one file because all have the softmax for their slope, and its curvature.
#ifndef SURPLUS_AUTODIFF_OPS_SOFTMAX_H_
#define SURPLUS_AUTODIFF_OPS_SOFTMAX_H_

#include <cstddef>
#include <span>
#include <type_traits>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// y[i] = log sum_j e^x[i, j], without overflow.
///
/// x        n x k; y  n x 1
/// Throws   ShapeError if x has no columns
template <typename T>
Var<T> log_sum_exp(const Var<T>& x);

/// y[i, j] = x[i, j] - log sum_l e^x[i, l].
///
/// x, y     n x k
/// Throws   ShapeError if x has no columns
template <typename T>
Var<T> log_softmax(const Var<T>& x);

/// y[i] = log sum_j e^x[i, j] - x[i, labels[i]]: a loss per sample; mean() of it is the usual one.
///
/// x        n x k scores (logits)
/// labels   n classes, each below k; copied
/// y        n x 1
/// Throws   ShapeError if there is not one label per row; ArgumentError if a label is not below k
template <typename T>
Var<T> softmax_cross_entropy(const Var<T>& x, std::span<const std::size_t> labels);

/// y[i] = -sum_j targets[i, j] log softmax(x)[i, j]: the same for soft targets, which may have a
/// gradient too.
///
/// targets  n x k, as a rule rows of probabilities
/// Throws   ShapeError if the shapes differ or there are no columns
template <typename T>
Var<T> softmax_cross_entropy(const Var<T>& x, const std::type_identity_t<Var<T>>& targets);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_SOFTMAX_H_
