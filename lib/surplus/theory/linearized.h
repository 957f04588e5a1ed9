/// The model that is linear in its parameters and touches a network at its start, and what gradient
/// descent makes of it.
#ifndef SURPLUS_THEORY_LINEARIZED_H_
#define SURPLUS_THEORY_LINEARIZED_H_

#include <cstddef>
#include <type_traits>

#include "surplus/core/matrix.h"
#include "surplus/nn/parameters.h"
#include "surplus/theory/network.h"

namespace surplus {

/// All n x k.
template <typename T>
struct Linearization {
  Matrix<T> start;  ///< f(theta_0; x)
  Matrix<T>
      linear;  ///< f_lin(theta; x) = f(theta_0; x) + (df / dtheta at theta_0) (theta - theta_0)
  Matrix<T> value;      ///< f(theta; x)
  Matrix<T> remainder;  ///< value - linear, of second order in theta - theta_0
};

/// The network and its linearisation at the parameters `start`, both taken at `theta`.
///
/// Throws   ShapeError if the parameters differ in layout; what the network throws
/// Cost     about three evaluations, the derivative along theta - theta_0 being one jvp
/// Promises the bits do not depend on the number of threads
template <typename T>
Linearization<T> linearize(const std::type_identity_t<Network<T>>& network,
                           const Parameters<T>& start, const Parameters<T>& theta,
                           std::type_identity_t<MatrixView<const T>> x);

/// How far gradient descent moves the outputs of a linear model: for steps
/// theta <- theta - rate d(1/2 sum (f - y)^2) / dtheta from f_0 on, f_t - f_0 at m rows is
///
///   K_m K^-1 (I - (I - rate K)^t) (y - f_0),
///
/// which needs no inverse: along each eigenvector of K it is a sum of t terms.
///
/// kernel   K, n x n, symmetric: of the training rows
/// cross    K_m, m x n: of the rows that are asked for and those of training; K itself for these
/// residual y - f_0 at the training rows, n x k
/// rate     above 0, t at least 0
/// Returns  m x k, to be added to the outputs at the start
/// Throws   ShapeError if the shapes do not fit; ArgumentError if rate is not above 0 and finite;
///          what eigh() throws
/// Cost     about 9 n^3 flops
/// Source   Jacot, Gabriel, Hongler (2018); Lee et al. (2019), Wide neural networks of any depth
///          evolve as linear models under gradient descent
Matrix<double> kernel_descent(MatrixView<const double> kernel, MatrixView<const double> cross,
                              MatrixView<const double> residual, double rate, std::size_t steps);

}  // namespace surplus

#endif  // SURPLUS_THEORY_LINEARIZED_H_
