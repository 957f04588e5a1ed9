/// The two steps of EM for Gaussian mixtures, and what passes between them.
///
/// mixture --factorize--> factors --e_step(x)--> moments --m_step--> the next mixture. All write into
/// memory that the caller keeps, so that an iteration allocates nothing.
#ifndef SURPLUS_MIXTURE_GMM_STEPS_H_
#define SURPLUS_MIXTURE_GMM_STEPS_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/mixture/gmm.h"

namespace surplus {

/// The shape of the covariances of k components in d dimensions.
Shape covariance_shape(CovarianceKind kind, std::size_t k, std::size_t d);

/// A mixture in the form in which densities are computed: A_i is the inverse of the lower Cholesky
/// factor of covariance_i, so that
///   log(w_i N(x; mean_i, covariance_i)) = log_scale_i - |A_i (x - centre - mean_i)|^2 / 2
struct GmmFactors {
  CovarianceKind kind = CovarianceKind::kFull;
  std::size_t components = 0;
  std::size_t features = 0;
  std::vector<double> centre;      ///< d: sum_i w_i mean_i, subtracted from rows before all else
  std::vector<double> means;       ///< k x d: mean_i - centre
  std::vector<double> factors;     ///< the A_i: lower triangles row by row, or diagonals
  std::vector<double> log_scales;  ///< k: log w_i + log det A_i - d / 2 log(2 pi)
  Matrix<double> cholesky;         ///< scratch of factorize(), d x d
};

/// Writes the factors of a mixture. log w_i is not taken below -700; a weight of exactly 0 stays one.
///
/// Returns  the number of leading covariances (tied: 0 or 1) that are positive definite; if not
///          all are, the factors are not defined
/// Throws   ShapeError, from `function`, if the parts of the mixture do not fit together
/// Cost     k d^3 / 2 multiply-adds (full); allocates only if `factors` was of another size
std::size_t factorize(std::string_view function, const GaussianMixture& mixture,
                      GmmFactors& factors);

/// Sums over the rows, with the responsibilities r_ni and the sample weights s_n.
struct GmmMoments {
  std::size_t rows = 0;        ///< n
  double log_likelihood = 0;   ///< sum_n s_n log p(x_n), in nats
  std::vector<double> masses;  ///< k: sum_n s_n r_ni; empty for the log-likelihood alone
  std::vector<double> first;   ///< k x d: sum_n s_n r_ni (x_n - mean_i)
  /// sum_n s_n r_ni (x_n - mean_i) (x_n - mean_i)': lower triangles row by row (tied: one, summed over
  /// i), diagonals, or traces; empty if the covariances are not wanted.
  std::vector<double> second;
};

/// Room for the moments that m_step() needs under `config`.
GmmMoments make_moments(const GaussianMixture& mixture, const GmmConfig& config);

/// Overwrites those moments that there is room for with the sums over the rows of x.
///
/// x               n x d, d = factors.features, finite
/// sample_weights  n values >= 0, or empty for ones
/// Error           as gaussian_pass(): sums about the present means, so that they do not cancel
/// Cost            one pass over x; no allocation up to 2048 rows
/// Promises        the same bits with any number of threads
void e_step(MatrixView<const double> x, const GmmFactors& factors,
            std::span<const double> sample_weights, GmmMoments& moments);
void e_step(MatrixView<const float> x, const GmmFactors& factors,
            std::span<const double> sample_weights, GmmMoments& moments);

/// Where evaluate_rows() writes; null pointers leave results out.
struct GmmRows {
  double* log_density = nullptr;       ///< n: log p(x_n)
  double* responsibilities = nullptr;  ///< n x k, contiguous: r_ni
  std::size_t* labels = nullptr;       ///< n: the i of the largest r_ni, the first of equals
};

/// What the mixture says of each row of x, n x d, finite.
void evaluate_rows(MatrixView<const double> x, const GmmFactors& factors, const GmmRows& rows);
void evaluate_rows(MatrixView<const float> x, const GmmFactors& factors, const GmmRows& rows);

/// Whether a component has less than 1e-8 of the mass.
bool is_empty(const GmmMoments& moments, std::size_t component);

/// Writes the mixture that maximizes the expected log-likelihood under `config`: its fixed parts,
/// its rule for the means, its floor. An empty component keeps mean and covariance.
///
/// mixture  the one that the moments were taken under
/// next     of the same kind and shape; its fixed parts must be those of `mixture`
/// Throws   NumericalError at an empty component under EmptyComponent::kError
/// Cost     k d^2; no allocation
void m_step(const GmmMoments& moments, const GaussianMixture& mixture, const GmmConfig& config,
            GaussianMixture& next);

}  // namespace surplus

#endif  // SURPLUS_MIXTURE_GMM_STEPS_H_
