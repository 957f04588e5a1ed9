/// Sums, means and maxima over rows, columns or all elements.
#ifndef SURPLUS_AUTODIFF_OPS_REDUCE_H_
#define SURPLUS_AUTODIFF_OPS_REDUCE_H_

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// What a reduction runs over, and what is left of m x n.
enum class Over {
  kAll,      ///< 1 x 1
  kRows,     ///< 1 x n: one number per column
  kColumns,  ///< m x 1: one number per row
};

/// The sum, 0 over nothing.
template <typename T>
Var<T> sum(const Var<T>& x, Over over = Over::kAll);

/// The mean. Throws ShapeError if it is over nothing
template <typename T>
Var<T> mean(const Var<T>& x, Over over = Over::kAll);

/// The largest element; the derivative belongs to the first of equals. NaN if one is among them.
/// Throws ShapeError if it is over nothing
template <typename T>
Var<T> max(const Var<T>& x, Over over = Over::kAll);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_REDUCE_H_
