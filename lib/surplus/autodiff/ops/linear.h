/// A layer: product with the weights, bias and activation in one op.
#ifndef SURPLUS_AUTODIFF_OPS_LINEAR_H_
#define SURPLUS_AUTODIFF_OPS_LINEAR_H_

#include <type_traits>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

enum class Activation {
  kIdentity,  ///< z
  kRelu,      ///< max(z, 0), with derivative 0 at 0
  kTanh,
  kSigmoid,
  kGelu,  ///< with tanh, as gelu(); an op of its own behind the product
  kErf,   ///< likewise
};

/// y = f(x w^T + bias).
///
/// x        n x d samples
/// w        h x d weights: a row per output
/// bias     1 x h, added to each row; or none
/// y        n x h
/// Throws   ShapeError if the shapes do not fit
/// Cost     2 n h d flops, and twice that for the gradient if x and w want theirs
template <typename T>
Var<T> linear(const Var<T>& x, const Var<T>& w, const std::type_identity_t<Var<T>>& bias = {},
              Activation f = Activation::kIdentity);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_LINEAR_H_
