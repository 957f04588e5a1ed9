/// Lengths of rows.
#ifndef SURPLUS_AUTODIFF_OPS_ROW_NORM_H_
#define SURPLUS_AUTODIFF_OPS_ROW_NORM_H_

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// y[i] = sqrt(sum_j x[i, j]^2), with derivative 0 for a row of zeros.
///
/// x        n x d; y  n x 1
template <typename T>
Var<T> row_norm(const Var<T>& x);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_ROW_NORM_H_
