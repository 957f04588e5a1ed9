/// Gaussian mixtures fitted by expectation-maximization (EM).
///
/// k components in d dimensions: p(x) = sum_i w_i N(x; mean_i, covariance_i). One loop serves every
/// variant: any subset of the parameters can be held fixed, rows can carry weights (and so be the
/// nodes of a quadrature, population.h). Queries stand in gmm_queries.h, the steps in gmm_steps.h,
/// files in gmm_file.h.
#ifndef SURPLUS_MIXTURE_GMM_H_
#define SURPLUS_MIXTURE_GMM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"

namespace surplus {

/// What the covariances of a mixture have in common.
enum class CovarianceKind {
  kFull,       ///< each component its own matrix
  kTied,       ///< one matrix for all
  kDiagonal,   ///< each component its own variance per feature
  kSpherical,  ///< each component one variance
};

/// "full", "tied", "diagonal", "spherical".
std::string_view to_text(CovarianceKind kind);

/// The parameters of a mixture, plain data.
struct GaussianMixture {
  CovarianceKind kind = CovarianceKind::kFull;
  std::vector<double> weights = {};  ///< k, >= 0, sum 1
  Matrix<double> means = {};         ///< k x d
  /// Full: k * d x d, the matrix of component i from row i * d on. Tied: d x d. Diagonal: k x d
  /// variances. Spherical: k x 1 variances.
  Matrix<double> covariances = {};

  std::size_t components() const { return means.rows(); }
  std::size_t features() const { return means.cols(); }
  friend bool operator==(const GaussianMixture&, const GaussianMixture&) = default;
};

/// Where EM starts, in what `GmmConfig::given` leaves open.
enum class GmmStart {
  kKMeans,                  ///< weights, means and covariances of the clusters of kmeans()
  kKMeansPlusPlus,          ///< means at k-means++ seeds, weights 1 / k, the global covariance
  kRandomRows,              ///< means at k different random rows, weights 1 / k, global covariance
  kRandomResponsibilities,  ///< the M-step of uniform random responsibilities
  kGiven,                   ///< the given means, else weights 1 / k and the global covariance
};

/// What the M-step does with the means.
enum class MeansRule {
  kFree,
  kFixed,  ///< they stay as given
  /// k = 2 with one covariance for both (tied, or fixed and equal), mean_1 = theta = -mean_2:
  /// theta = sum_n s_n (2 r_n1 - 1) x_n / sum_n s_n.
  kTiedSymmetric,
};

/// What happens to a component whose mass is below 1e-8 of all.
enum class EmptyComponent {
  kKeep,    ///< its mean and covariance stay, its weight goes where EM takes it
  kReseed,  ///< it restarts at the row of lowest density, weight 1 / k, the pooled covariance
  kError,   ///< NumericalError that names it
};

struct GmmConfig {
  std::size_t components = 1;  ///< k, 1 .. n
  CovarianceKind covariance = CovarianceKind::kFull;
  GmmStart start = GmmStart::kKMeans;
  /// Start values, taken exactly as given: each non-empty part replaces what `start` would say.
  /// The last result's mixture here, with GmmStart::kGiven, is a warm start. Its kind matters only
  /// if there are covariances.
  GaussianMixture given = {};
  /// Inverse covariances in the same layout, instead of given.covariances.
  Matrix<double> given_precisions = {};

  bool fixed_weights = false;  ///< the given weights are known and never move
  MeansRule means = MeansRule::kFree;
  bool fixed_covariances = false;  ///< the given covariances are known; no floor is added to them

  std::size_t iterations = 100;  ///< completed at most; 0 keeps the start
  /// EM has converged when the mean log-likelihood per row changes by less than this ...
  double tolerance = 1e-3;
  /// ... or the summed absolute change of the free parameters in one iteration is at most this;
  /// 0 stops only at an exact fixed point.
  double parameter_tolerance = 0;
  /// Added to every variance in the M-step, in squared units of x. 0 is exact EM, whose likelihood
  /// never falls, but which a component that collapses on one point makes unbounded.
  double covariance_floor = 1e-6;
  EmptyComponent empty_component = EmptyComponent::kKeep;

  std::size_t starts = 1;  ///< the best of this many, by the final log-likelihood
  std::uint64_t seed = 0;
  /// n weights s_n >= 0 with a positive sum, of any size; empty for ones. Only looked at.
  std::span<const double> sample_weights = {};

  bool keep_trace = true;  ///< GmmResult::trace
  bool keep_path = false;  ///< GmmResult::path
  /// Told the mean log-likelihood of each E-step, start after start; by fit_gmm_many() from several
  /// threads at once.
  Observer observer = {};
};

struct GmmResult {
  GaussianMixture mixture;
  Stop stop = Stop::kIterationLimit;
  std::size_t iterations = 0;  ///< completed
  double log_likelihood = 0;   ///< sum_n s_n log p(x_n) / sum s_n at `mixture`, in nats
  /// The same in the E-step of each iteration, that is before its M-step.
  std::vector<double> trace;
  /// The parameters after 0, 1, ... `iterations` iterations, if asked for.
  std::vector<GaussianMixture> path;
  std::size_t repaired = 0;  ///< covariances that jitter had to make positive definite
  std::size_t reseeded = 0;  ///< empty components restarted (EmptyComponent::kReseed)
};

/// Fits a mixture of config.components Gaussians to the rows of x by EM:
///   E-step  r_ni = w_i N(x_n; mean_i, covariance_i) / sum_j w_j N(x_n; mean_j, covariance_j)
///   M-step  w_i = sum_n s_n r_ni / sum_n s_n, and with m_i = sum_n s_n r_ni + 10 eps (in units of
///           the mean sample weight) mean_i = sum_n s_n r_ni x_n / m_i and
///           covariance_i = sum_n s_n r_ni (x_n - mean_i) (x_n - mean_i)' / m_i + floor I
/// A covariance that is still not positive definite gets 1e-6, 1e-5, ... 1e-1 of its mean variance
/// added, the first that helps.
///
/// x        n x d, finite; float rows are taken to double before anything is subtracted
/// Returns  the best of config.starts runs; not having converged is result.stop
/// Throws   ShapeError, ArgumentError for input out of its domain; NumericalError if no repair makes
///          a covariance positive definite, if the log-likelihood is not finite, or at an empty
///          component if the config says so
/// Error    the likelihood never falls by more than 1e-12 n for covariance_floor = 0 and no repair
/// Cost     per iteration one gaussian_pass over x; no allocation per iteration up to 2048 rows,
///          beyond the data at most 64 MiB plus a few copies of the mixture
/// Promises the same seed gives the same bits with any number of threads
/// Source   Dempster, Laird, Rubin (1977), Maximum likelihood from incomplete data; for weights known
///          or free Xu, Hsu, Maleki (2018), Benefits of over-parameterization with EM
GmmResult fit_gmm(MatrixView<const double> x, const GmmConfig& config);
GmmResult fit_gmm(MatrixView<const float> x, const GmmConfig& config);

/// fit_gmm() from each of many given starts, in parallel over the starts.
///
/// starts   each replaces config.given; parts of it may be empty
/// Returns  one result for each start, in their order
/// Throws   as fit_gmm()
/// Promises result i equals fit_gmm() with starts[i] and the seed config.seed
std::vector<GmmResult> fit_gmm_many(MatrixView<const double> x, const GmmConfig& config,
                                    std::span<const GaussianMixture> starts);
std::vector<GmmResult> fit_gmm_many(MatrixView<const float> x, const GmmConfig& config,
                                    std::span<const GaussianMixture> starts);

}  // namespace surplus

#endif  // SURPLUS_MIXTURE_GMM_H_
