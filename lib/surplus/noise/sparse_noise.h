/// Sparse gross errors in a linear model: y = J theta + s with few entries of s other than 0.
///
/// Gradient descent on 1/2 ||J theta + u*u - v*v - y||^2 (products entry by entry) from theta = 0
/// and u = v = gamma, with the step tau for theta and alpha tau for u and v, tends to the solution
/// of a convex program as gamma vanishes with lambda = -ln(gamma) / (2 alpha) held:
///   (P)  min 1/2 ||theta||^2 + lambda ||s||_1   subject to J theta + s = y
///   (D)  max y' mu - 1/2 ||J' mu||^2            subject to ||mu||_inf <= lambda
/// with theta = J' mu. For a gamma > 0 its flow ends at the mu with
///   J J' mu + 2 gamma^2 sinh(4 alpha mu) = y.
/// When (P) finds the truth: sparse_noise_recovery.h.
///
/// Source  Liu, Zhu, Qu, You (2022), Robust training under label noise by over-parameterization,
///         ICML, arXiv 2202.14026; You, Zhu, Qu, Ma (2020), Robust recovery via implicit bias of
///         discrepant learning rates for double over-parameterization, NeurIPS, arXiv 2006.08857
#ifndef SURPLUS_NOISE_SPARSE_NOISE_H_
#define SURPLUS_NOISE_SPARSE_NOISE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"

namespace surplus {

/// What is solved, and how.
enum class SparseNoiseMethod {
  kConvex,  ///< (P): accelerated projected gradient with restarts on (D)
  kAdmm,    ///< (P): alternating directions on (D), to cross-check kConvex
  kNewton,  ///< the end of the flow at gamma: damped Newton steps, gamma falling to its value
  kMirror,  ///< the same by mu -= tau (J J' mu + 2 gamma^2 sinh(4 alpha mu) - y)
  kGradientDescent,  ///< the over-parameterized descent itself; its end differs by O(tau)
};

/// "convex", "admm", "newton", "mirror", "gradient descent".
std::string_view to_text(SparseNoiseMethod method);

/// lambda = -ln(gamma) / (2 alpha). alpha = 0 is an infinite lambda: plain least squares.
struct SparseNoisePrice {
  double lambda = 0;
  double gamma = 0;
  double alpha = 0;
};

/// The price of which at most two are given. Without gamma it is 1e-6, if the other two do not give
/// it; without lambda and alpha, lambda is 1.
///
/// Throws  ArgumentError if all three are given, or for lambda <= 0, gamma outside (0, 1), alpha < 0
SparseNoisePrice sparse_noise_price(std::optional<double> lambda, std::optional<double> gamma,
                                    std::optional<double> alpha);

/// J = U Sigma W' without the singular values that count as zero, for any number of y.
struct SparseNoiseFactors {
  Matrix<double> b_t;          ///< Sigma U', r x n
  Matrix<double> w_t;          ///< W', r x p
  std::vector<double> values;  ///< r, descending
};

/// j       n x p, finite
/// Throws  as svd(). Singular values up to eps max(n, p) times the largest count as zero
SparseNoiseFactors factor_sparse_noise(MatrixView<const double> j);

struct SparseNoiseConfig {
  SparseNoiseMethod method = SparseNoiseMethod::kConvex;
  /// See sparse_noise_price(); kConvex and kAdmm look at lambda alone.
  std::optional<double> lambda = {};
  std::optional<double> gamma = {};
  std::optional<double> alpha = {};
  /// The lambda of entries s_i < 0, if it is another: it makes the alpha of v another than that of u.
  std::optional<double> lambda_minus = {};
  /// n factors > 0 of lambda, entry by entry; empty for ones. Entry i starts at gamma^weights[i].
  std::span<const double> weights = {};
  std::span<const double> theta0 = {};  ///< p; the ridge is 1/2 ||theta - theta0||^2. Empty for 0
  /// nu > 0: the variance of dense noise beside s. 1 / (2 nu) ||J theta + s - y||^2 replaces the
  /// constraint of (P), a Huber loss. Of kConvex and kAdmm.
  double dense_noise = 0;
  /// The step of kMirror and kGradientDescent; by default
  /// min(0.5 / ||J||^2, 0.1 / (4 alpha max(1, ||y||_inf))).
  std::optional<double> tau = {};

  std::size_t iterations = 100000;  ///< completed at most
  /// Converged when the gap is at most this times the primal value. kNewton does not look at it.
  double gap_tolerance = 1e-14;
  std::size_t check_every = 50;  ///< iterations between two looks at the gap, at least 1
  double support_tolerance = 1e-9;
  bool keep_trace = false;  ///< SparseNoiseResult::trace
  /// Told the gap at each look; by the columns of a matrix from several threads at once.
  Observer observer = {};
};

/// What was seen at one look.
struct SparseNoiseLook {
  std::size_t iteration = 0;
  double gap = 0;
  double residual = 0;  ///< ||J theta + s - y||_inf
  std::vector<double> mu;
  std::vector<double> u, v;  ///< of kGradientDescent
};

struct SparseNoiseResult {
  std::vector<double> theta;         ///< p
  std::vector<double> s;             ///< n
  std::vector<double> mu;            ///< n; theta - theta0 = J' mu
  std::vector<double> u, v;          ///< n, of kGradientDescent
  std::vector<std::size_t> support;  ///< the i with |s_i| > support_tolerance, ascending
  double primal = 0;                 ///< of theta and y - J theta, which are feasible for (P)
  double dual = 0;                   ///< of mu clipped to its box, which is feasible for (D)
  /// primal - dual >= 0, summed from terms >= 0. ||theta - that of (P)||^2 <= 2 gap. Infinite for
  /// alpha = 0.
  double gap = 0;
  double residual = 0;  ///< ||J theta + s - y||_inf; with dense noise, of what it leaves: mu nu
  SparseNoisePrice price;
  double tau = 0;  ///< the step used, of kMirror and kGradientDescent
  Stop stop = Stop::kIterationLimit;
  std::size_t iterations = 0;
  std::vector<SparseNoiseLook> trace;
};

/// Separates y into J theta and a sparse s.
///
/// j        n x p, of any rank r
/// y        n entries, finite
/// Returns  the last iterate, and its certificate for (P) whatever the method
/// Throws   ShapeError, ArgumentError for input outside its domain; NumericalError of kNewton if its
///          matrix cannot be factorised
/// Cost     svd(j) once; then per iteration 4 n r flops and 2 n exponentials for kMirror, n^3 / 3
///          flops for kNewton, n a number in the place of its p
/// Promises the same bits with any number of threads
SparseNoiseResult solve_sparse_noise(MatrixView<const double> j, std::span<const double> y,
                                     const SparseNoiseConfig& config = {});
SparseNoiseResult solve_sparse_noise(const SparseNoiseFactors& factors, std::span<const double> y,
                                     const SparseNoiseConfig& config = {});

/// The same for each column of y, n x k, in parallel over the columns.
std::vector<SparseNoiseResult> solve_sparse_noise_columns(const SparseNoiseFactors& factors,
                                                          MatrixView<const double> y,
                                                          const SparseNoiseConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_NOISE_SPARSE_NOISE_H_
