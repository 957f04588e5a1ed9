/// Steps of gradient descent on one example each, of a small network: what a tape would spend most
/// of its time on recording, in one pass over the weights.
#ifndef SURPLUS_OPTIM_ONLINE_BACKPROP_H_
#define SURPLUS_OPTIM_ONLINE_BACKPROP_H_

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// f(x) = c + sum_j v_j tanh(b_j + <w_j, x>), where it lies.
template <typename T>
struct TanhNetwork {
  MatrixView<T> w;  ///< h x d
  std::span<T> b;   ///< h
  std::span<T> v;   ///< h
  T* c = nullptr;   ///< one
};

/// Steps s = 0, 1, ... down the gradient of (f(x_i) - y_i)^2 / 2 + decay |parameters|^2 / 2 for the
/// one example i = order[s], rates[s] times.
///
/// x        n x d
/// y        n
/// order    rows of x
/// rates    one per step; not checked, as are the numbers of x and y
/// network  T is float or double; updated
/// memory   scratch, reused from call to call
/// Returns  the sum over the steps of (f(x_i) - y_i)^2, each from before its step
/// Throws   ShapeError if shapes do not fit; ArgumentError if a number in `order` is no row
/// Error    see kernels: a step rounds as a few h + d operations would
/// Cost     h (4 d + 40) flops a step, on one thread; (d + 3) h elements of memory and two passes
///          over w besides
/// Promises steps in one call or in several give the same bits
/// Source   Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors
template <typename T>
double online_backprop(MatrixView<const T> x, std::type_identity_t<std::span<const T>> y,
                       std::span<const std::size_t> order,
                       std::type_identity_t<std::span<const T>> rates, double decay,
                       const TanhNetwork<T>& network, Matrix<T>& memory);

}  // namespace surplus

#endif  // SURPLUS_OPTIM_ONLINE_BACKPROP_H_
