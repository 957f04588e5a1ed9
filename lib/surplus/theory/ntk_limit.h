/// The kernels of fully connected networks of infinite width.
#ifndef SURPLUS_THEORY_NTK_LIMIT_H_
#define SURPLUS_THEORY_NTK_LIMIT_H_

#include <cstddef>

#include "surplus/core/matrix.h"
#include "surplus/nn/mlp.h"

namespace surplus {

struct LimitKernels {
  Matrix<double> nngp;  ///< E f(x) f(x') over starts
  Matrix<double> ntk;   ///< what ntk() tends to, at the start and along training
};

/// Both for the network of Initializer::kNtk without biases as all hidden widths grow together: from
/// S = x x'^T / d and K = S, for each hidden layer S <- E f(u) f(v) and K <- S + K E f'(u) f'(v) over
/// (u, v) ~ N(0, S).
///
/// f        kIdentity, kRelu or kErf, whose expectations have closed forms
/// hidden   number of hidden layers
/// x, x2    n x d and n2 x d
/// Returns  n x n2 each
/// Throws   ArgumentError for another activation or at a NaN or an infinity; ShapeError if x and x2
///          differ in columns or have none
/// Error    a few roundings a layer; the angle of ReLU's kernel loses half the digits where x and x2
///          are nearly parallel
/// Source   Cho, Saul (2009), Kernel methods for deep learning; Williams (1997), Computing with
///          infinite networks; Jacot, Gabriel, Hongler (2018), Neural tangent kernel
LimitKernels ntk_limit(ad::Activation f, std::size_t hidden, MatrixView<const double> x,
                       MatrixView<const double> x2);

}  // namespace surplus

#endif  // SURPLUS_THEORY_NTK_LIMIT_H_
