/// Hessians of networks, as the operators of which linalg/lanczos.h and linalg/spectral_density.h
/// find the ends, the density and the trace.
#ifndef SURPLUS_THEORY_HESSIAN_H_
#define SURPLUS_THEORY_HESSIAN_H_

#include <cstddef>
#include <type_traits>

#include "surplus/linalg/lanczos.h"
#include "surplus/nn/parameters.h"
#include "surplus/theory/network.h"
#include "surplus/train/objective.h"

namespace surplus {

/// The Hessian of the mean loss over all examples with respect to all parameters, at `at`:
/// parameters.size() x parameters.size(), exact products by ad::hvp().
///
/// at        what the objective's leaves are; must live and not change as long as the operator, as
///           must the examples
/// rows      examples that are on the tape at once, at least 1
/// Throws    ArgumentError if rows is 0, ShapeError if there is no example; what the objective throws;
///           the operator: ShapeError if x or y does not have parameters.size() elements
/// Cost      of a product: below three gradients. Where all examples are on the tape at once their
///           values are computed once for all products
/// Promises  the bits do not depend on the number of threads. Not to be called from several threads
///           at once
template <typename T>
SymmetricOperator loss_hessian(std::type_identity_t<Objective<T>> objective,
                               const Parameters<T>& at, const Examples<T>& examples,
                               std::size_t rows = 1000);

/// The same of one output of the network for one example, 1 x d: H_f, which is not the Hessian of a
/// loss and has none of its J^T J.
///
/// Throws    ShapeError if x is not one row; ArgumentError if the output is not below k
template <typename T>
SymmetricOperator output_hessian(std::type_identity_t<Network<T>> network, const Parameters<T>& at,
                                 std::type_identity_t<MatrixView<const T>> x,
                                 std::size_t output = 0);

/// What the Hessian of f(x) = sum_i v_i s(w_i x) / sqrt(m), x one number, is in closed form.
struct TwoLayerHessian {
  double norm = 0;       ///< spectral
  std::size_t unit = 0;  ///< the hidden unit i in whose (v_i, w_i) plane the top vector lies
  double v = 0, w = 0;   ///< that vector's elements, of length 1
};

/// ||H_f|| = max_i (|b_i| + sqrt(b_i^2 + 4 a_i^2)) / (2 sqrt(m)) with a_i = s'(w_i x) |x| and
/// b_i = v_i s''(w_i x) x^2; max_i |b_i| / sqrt(m) if v is fixed.
///
/// f       kTanh or kSigmoid
/// v, w    m each, m >= 1
/// Throws  ArgumentError for another activation; ShapeError if v and w differ in length or are empty
/// Source  the Hessian is a direct sum of m blocks ((0, a_i), (a_i, b_i))
TwoLayerHessian two_layer_hessian(ad::Activation f, std::span<const double> v,
                                  std::span<const double> w, double x, bool fixed_v = false);

}  // namespace surplus

#endif  // SURPLUS_THEORY_HESSIAN_H_
