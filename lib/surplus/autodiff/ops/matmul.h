/// The product of two matrices.
#ifndef SURPLUS_AUTODIFF_OPS_MATMUL_H_
#define SURPLUS_AUTODIFF_OPS_MATMUL_H_

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// Which operands of matmul() enter as their transposes.
struct Transposed {
  bool a = false;
  bool b = false;
};

/// y = op(a) op(b), op(a) m x k, op(b) k x n.
///
/// Throws   ShapeError if the shapes do not fit
/// Cost     2 m n k flops, and as much for the gradient of each operand
template <typename T>
Var<T> matmul(const Var<T>& a, const Var<T>& b, Transposed transposed = {});

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_MATMUL_H_
