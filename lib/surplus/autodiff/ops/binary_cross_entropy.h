/// The loss of a classifier of two classes.
#ifndef SURPLUS_AUTODIFF_OPS_BINARY_CROSS_ENTROPY_H_
#define SURPLUS_AUTODIFF_OPS_BINARY_CROSS_ENTROPY_H_

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// y = -target log s - (1 - target) log(1 - s), s = 1 / (1 + e^-x), element by element and without
/// overflow; mean() of it is the usual loss.
///
/// x        scores (logits), of any shape
/// target   of the same shape: probabilities of the second class, which may have a gradient too
/// Throws   ShapeError if the shapes differ
template <typename T>
Var<T> binary_cross_entropy(const Var<T>& x, const Var<T>& target);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_BINARY_CROSS_ENTROPY_H_
