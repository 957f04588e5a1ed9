/// The fused pass of EM for Gaussian mixtures: densities, responsibilities and sufficient
/// statistics of a panel of rows, with no n x k matrix in between.
#ifndef SURPLUS_KERNELS_GAUSSIAN_H_
#define SURPLUS_KERNELS_GAUSSIAN_H_

#include <cstddef>

namespace surplus::kernels {

/// k Gaussians in d dimensions (both at least 1), in coordinates relative to `centre`. The factor
/// A[c] is the lower triangular inverse of the Cholesky factor of component c's covariance:
///   z[n, c] = A[c] * (x[n] - centre - means[c]),   l[n, c] = log_scales[c] - |z[n, c]|^2 / 2
struct GaussianModel {
  enum class Covariance : unsigned char { kFull, kTied, kDiagonal, kSpherical };

  Covariance covariance = Covariance::kFull;
  std::size_t k = 1;
  std::size_t d = 1;
  /// d: the point subtracted from every row before anything is squared, best the global mean.
  const double* centre = nullptr;
  /// k x d: mean of component c minus centre.
  const double* means = nullptr;
  /// The A[c]. Full: k x d * (d + 1) / 2, row i of the lower triangle from element i * (i + 1) / 2
  /// on. Tied: one such triangle. Diagonal: k x d. Spherical: k.
  const double* factors = nullptr;
  /// k: log weight[c] + log det A[c] - d / 2 * log(2 pi). Minus infinity is a dead component.
  const double* log_scales = nullptr;
};

/// Sums over the rows, each added to what stands there; null pointers leave sums out. With
/// y[n, c] = x[n] - centre - means[c] and g[n, c] = sample_weight[n] * responsibility[n, c],
/// everything is taken about the components' present means, so that the new parameters
///   mean += first / mass,   covariance = second / mass - (first / mass) (first / mass)'
/// do not cancel, however far the data or a component lie from the origin.
struct GaussianSums {
  /// 1: sum_n sample_weight[n] * log sum_c exp l[n, c].
  double* log_likelihood = nullptr;
  /// k: sum_n g[n, c]. `mass` and `first` are both given or both null.
  double* mass = nullptr;
  /// k x d: sum_n g[n, c] y[n, c].
  double* first = nullptr;
  /// Only with mass. Full: k x d * (d + 1) / 2, sum_n g[n, c] y[n, c] y[n, c]', packed as the
  /// factors are. Tied: one triangle, summed over c. Diagonal: k x d, sum_n g[n, c] y[n, c, j]^2.
  /// Spherical: k, sum_n g[n, c] |y[n, c]|^2.
  double* second = nullptr;
};

/// Results for each row, overwritten; null pointers leave results out.
struct GaussianRows {
  /// n: log sum_c exp l[n, c].
  double* log_density = nullptr;
  /// n x k, rows responsibilities_stride elements apart: exp(l[n, c] - log_density[n]).
  double* responsibilities = nullptr;
  std::size_t responsibilities_stride = 0;
  /// n: the c of the largest l[n, c], the first of equals.
  std::size_t* labels = nullptr;
};

/// The number of doubles gaussian_pass() needs as scratch, whatever n is.
std::size_t gaussian_scratch_size(const GaussianModel& model);

/// One pass over n rows: densities under the model, then the sums and results asked for.
///
/// x               n x d, rows x_stride elements apart (x_stride >= d); float or double, the
///                 arithmetic is double
/// sample_weights  n values >= 0, or null for ones; they act on the sums alone
/// scratch         gaussian_scratch_size(model) doubles; no operand overlaps another
/// Error   of l[n, c] at most 4 (d + 4) eps (|z|' |A| (|x - centre| + |means|) + |z|^2 + |l|), the
///         bars taken elementwise; responsibilities and sums follow from it. Diagonal and spherical
///         second moments lose another factor 1 + (mean / deviation)^2 of at most 1025
/// Cost    per row and component about d^2 multiply-adds (full) or 4 d (tied, and once d^2;
///         diagonal, spherical) and one exponential; one pass over x; no allocation
/// Promises a NaN in a row makes that row's results NaN, its label 0 .. k - 1, and every sum NaN;
///         a finite row whose density is 0 under every component has log density -infinity and
///         responsibilities 0 and adds no mass; a responsibility below 1e-307 may be 0; the results
///         of a row do not depend on the other rows
void gaussian_pass(const GaussianModel& model, std::size_t n, const float* x, std::size_t x_stride,
                   const double* sample_weights, const GaussianSums& sums, const GaussianRows& rows,
                   double* scratch);
void gaussian_pass(const GaussianModel& model, std::size_t n, const double* x, std::size_t x_stride,
                   const double* sample_weights, const GaussianSums& sums, const GaussianRows& rows,
                   double* scratch);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_GAUSSIAN_H_
