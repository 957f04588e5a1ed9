/// What can be asked of a Gaussian mixture: densities, labels, samples, information criteria.
///
/// All take a mixture of any origin and throw ShapeError if its parts do not fit together, or x
/// does not fit to it, and ArgumentError if its weights are no distribution, a covariance is not
/// positive definite, or x is not finite. Results do not depend on the number of threads.
#ifndef SURPLUS_MIXTURE_GMM_QUERIES_H_
#define SURPLUS_MIXTURE_GMM_QUERIES_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm.h"

namespace surplus {

/// log p(x_n) for each row, in nats.
std::vector<double> score_samples(const GaussianMixture& mixture, MatrixView<const double> x);
std::vector<double> score_samples(const GaussianMixture& mixture, MatrixView<const float> x);

/// The mean log-likelihood sum_n s_n log p(x_n) / sum_n s_n, in nats; at least one row.
///
/// sample_weights  n values >= 0 with a positive sum, or empty for ones
double score(const GaussianMixture& mixture, MatrixView<const double> x,
             std::span<const double> sample_weights = {});
double score(const GaussianMixture& mixture, MatrixView<const float> x,
             std::span<const double> sample_weights = {});

/// The component of the largest responsibility for each row, the first of equals.
std::vector<std::size_t> predict(const GaussianMixture& mixture, MatrixView<const double> x);
std::vector<std::size_t> predict(const GaussianMixture& mixture, MatrixView<const float> x);

/// The responsibilities, n x k; each row sums to one.
Matrix<double> predict_proba(const GaussianMixture& mixture, MatrixView<const double> x);
Matrix<double> predict_proba(const GaussianMixture& mixture, MatrixView<const float> x);

/// Rows drawn from a mixture, grouped by component, not shuffled.
struct GmmSample {
  Matrix<double> x;                 ///< n x d
  std::vector<std::size_t> labels;  ///< n, ascending
};

/// Draws n rows: multinomial counts for the components first, then each component's rows.
GmmSample sample(const GaussianMixture& mixture, std::size_t n, Rng& rng);

/// The number of free parameters, covariances + k d + k - 1, with k d (d + 1) / 2, d (d + 1) / 2,
/// k d or k for full, tied, diagonal and spherical covariances.
std::size_t parameter_count(const GaussianMixture& mixture);

/// The Bayesian information criterion -2 n score + p ln n, the lower the better.
///
/// sample_weights  as score() takes them; n is then their sum, the rows that they stand for
double bic(const GaussianMixture& mixture, MatrixView<const double> x,
           std::span<const double> sample_weights = {});
double bic(const GaussianMixture& mixture, MatrixView<const float> x,
           std::span<const double> sample_weights = {});

/// Akaike's information criterion -2 n score + 2 p, the lower the better; n as bic() takes it.
double aic(const GaussianMixture& mixture, MatrixView<const double> x,
           std::span<const double> sample_weights = {});
double aic(const GaussianMixture& mixture, MatrixView<const float> x,
           std::span<const double> sample_weights = {});

}  // namespace surplus

#endif  // SURPLUS_MIXTURE_GMM_QUERIES_H_
