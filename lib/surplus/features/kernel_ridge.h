/// Kernel ridge regression and interpolation, to which ridge regression on random features tends as
/// their number grows.
#ifndef SURPLUS_FEATURES_KERNEL_RIDGE_H_
#define SURPLUS_FEATURES_KERNEL_RIDGE_H_

#include "surplus/core/matrix.h"

namespace surplus {

/// K[i, j] = exp(-||x_i - z_j||^2 / (2 sigma^2)).
///
/// x, z    n x d, m x d
/// sigma   bandwidth, positive and finite
/// Returns n x m
/// Throws  ShapeError if x and z differ in columns; ArgumentError for a sigma outside its domain
/// Error   K[i, j] (d + 8) eps (||x_i||^2 + ||z_j||^2) / sigma^2 + 2 eps, absolutely
/// Cost    2 n m d flops and n m exponentials, on all threads
Matrix<float> gaussian_kernel(MatrixView<const float> x, MatrixView<const float> z, double sigma);
Matrix<double> gaussian_kernel(MatrixView<const double> x, MatrixView<const double> z,
                               double sigma);

template <typename T>
struct KernelRidge {
  Matrix<T> alpha;       ///< n x k: the prediction at z is K(z, x) alpha
  double norm = 0;       ///< in the kernel's space: sqrt(tr alpha^T K alpha)
  double condition = 1;  ///< a lower bound of that of K + lambda I
};

/// The alpha that solves (K + lambda I) alpha = Y.
///
/// k       n x n, symmetric, only the lower triangle is read
/// y       n x k
/// lambda  0 or more; 0 interpolates
/// Throws  ShapeError if shapes do not fit; ArgumentError at a NaN or an infinity or for a lambda
///         outside its domain; NumericalError if K + lambda I is not positive definite, as where two
///         rows are equal and lambda is 0
/// Error   that of cholesky() and two triangular_solve()
/// Cost    n^3 / 3 flops
KernelRidge<float> kernel_ridge(MatrixView<const float> k, MatrixView<const float> y,
                                double lambda);
KernelRidge<double> kernel_ridge(MatrixView<const double> k, MatrixView<const double> y,
                                 double lambda);

}  // namespace surplus

#endif  // SURPLUS_FEATURES_KERNEL_RIDGE_H_
