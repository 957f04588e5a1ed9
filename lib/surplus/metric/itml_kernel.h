/// ITML in a feature space that is known by its kernel alone, of full or of low rank.
///
/// With K_0 = G G^T (G n x r, its rows the images of the points in r coordinates), learning the
/// kernel K = G B G^T is learning the metric B of those rows: fit_itml(factor.features, pairs, ...)
/// is the kernel form, at 4 r^2 flops a projection, for any K_0 and any rank. The range of K never
/// grows beyond that of K_0.
#ifndef SURPLUS_METRIC_ITML_KERNEL_H_
#define SURPLUS_METRIC_ITML_KERNEL_H_

#include <cstddef>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// K_0 = G G^T + E, E positive semi-definite and small, by Cholesky with pivoting.
struct KernelFactor {
  Matrix<double> features;          ///< G, n x r
  std::vector<std::size_t> pivots;  ///< r rows of K_0: the points that span the images
  double residual = 0;              ///< the largest element left on the diagonal of E
};

/// Factors a kernel matrix: takes the point with the most left to explain, until `rank` are taken or
/// at most tolerance * max_i K_0[i, i] is left of every point.
///
/// kernel     K_0, n x n, symmetric positive semi-definite; only the lower triangle is read
/// rank       r, the most points to take; 0 for no limit
/// tolerance  >= 0, relative
/// Throws     ShapeError if it is not square or empty; ArgumentError for a NaN, an infinity or a
///            negative element of the diagonal, or a tolerance that is negative or not finite
/// Error      E[i, j] is at most `residual`
/// Cost       n r^2 flops, n r elements
/// Source     Harbrecht, Peters, Schneider (2012), On the low-rank approximation by the pivoted
///            Cholesky decomposition
KernelFactor factor_kernel(MatrixView<const double> kernel, std::size_t rank = 0,
                           double tolerance = 1e-12);

/// The coordinates of new points, for distances, transforms and neighbors in the learned metric: the
/// rows of G that they would have had.
///
/// cross      m x n, the kernel between new points and all points of K_0
/// Returns    m x r
/// Throws     ShapeError if the sizes do not fit; ArgumentError at a NaN or an infinity
Matrix<double> kernel_features(const KernelFactor& factor, MatrixView<const double> cross);

/// The learned kernel K(p, q) = K_0(p, q) + g_p^T (B - I) g_q between any points, old or new: what
/// of a point lies outside the range of G keeps its old kernel.
///
/// metric     B, r x r, of fit_itml(factor.features, ...)
/// kernel     m x l, K_0 between the points
/// left       m x r, coordinates of the one, by kernel_features() or rows of G
/// right      l x r, of the other points
/// Throws     ShapeError if the sizes do not fit
Matrix<double> learned_kernel(MatrixView<const double> metric, MatrixView<const double> kernel,
                              MatrixView<const double> left, MatrixView<const double> right);

}  // namespace surplus

#endif  // SURPLUS_METRIC_ITML_KERNEL_H_
