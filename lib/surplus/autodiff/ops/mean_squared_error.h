/// The loss of a regression.
#ifndef SURPLUS_AUTODIFF_OPS_MEAN_SQUARED_ERROR_H_
#define SURPLUS_AUTODIFF_OPS_MEAN_SQUARED_ERROR_H_

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// The mean of (x[i, j] - target[i, j])^2 over all elements, 1 x 1.
///
/// Throws   ShapeError if the shapes differ or are empty
template <typename T>
Var<T> mean_squared_error(const Var<T>& x, const Var<T>& target);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_MEAN_SQUARED_ERROR_H_
