#include "surplus/mixture/gmm_checks.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "surplus/linalg/checks.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/triangular.h"

namespace surplus::detail {
namespace {

constexpr const char* kFit = "fit_gmm";

void require_symmetric(std::string_view name, MatrixView<const double> stack, std::size_t d) {
  for (std::size_t row = 0; row < stack.rows(); ++row) {
    const std::size_t component = row / d, i = row % d;
    for (std::size_t j = 0; j < i; ++j) {
      const double lower = stack(row, j), upper = stack(component * d + j, i);
      SURPLUS_REQUIRE(std::abs(lower - upper) <= 1e-8 * (std::abs(lower) + std::abs(upper)),
                      ArgumentError, kFit, std::string(name) + " must be symmetric", "component",
                      component, "row", i, "column", j, "below", lower, "above", upper);
    }
  }
}

[[noreturn]] void not_positive_definite(std::string_view function, std::string_view name,
                                        std::size_t component) {
  throw ArgumentError(error_message(function, std::string(name) + " must be positive definite",
                                    "component", component));
}

void require_positive_definite(std::string_view name, MatrixView<const double> stack,
                               bool matrices) {
  const std::size_t d = stack.cols();
  if (!matrices) {
    for (std::size_t i = 0; i < stack.rows(); ++i) {
      for (const double variance : stack.row(i)) {
        if (!(variance > 0)) not_positive_definite(kFit, name, i);
      }
    }
    return;
  }
  Matrix<double> l(d, d);
  for (std::size_t i = 0; i < stack.rows() / d; ++i) {
    if (try_cholesky(stack.block(i * d, 0, d, d), l.view()) != d) {
      not_positive_definite(kFit, name, i);
    }
  }
}

// The covariances of checked precisions.
Matrix<double> inverses(const Matrix<double>& precisions, CovarianceKind kind) {
  Matrix<double> result = precisions;
  if (kind == CovarianceKind::kDiagonal || kind == CovarianceKind::kSpherical) {
    for (std::size_t i = 0; i < result.rows(); ++i) {
      for (double& value : result.row(i)) value = 1 / value;
    }
    return result;
  }
  const std::size_t d = precisions.cols();
  Matrix<double> l(d, d);
  for (std::size_t i = 0; i < precisions.rows() / d; ++i) {
    try_cholesky(precisions.view().block(i * d, 0, d, d), l.view());
    // P = L L' with M = L^-1 gives P^-1 = M' M.
    const auto inverse = result.view().block(i * d, 0, d, d);
    for (std::size_t p = 0; p < d; ++p) {
      std::fill(inverse.row(p).begin(), inverse.row(p).end(), 0.0);
      inverse(p, p) = 1;
    }
    triangular_solve(l.view(), inverse, Triangular::kLeft);
    triangular_solve(l.view(), inverse, Triangular::kLeftTransposed);
    for (std::size_t p = 0; p < d; ++p) {
      for (std::size_t q = 0; q < p; ++q) inverse(q, p) = inverse(p, q);
    }
  }
  return result;
}

void require_shape(std::string_view name, Shape shape, Shape expected) {
  SURPLUS_REQUIRE(shape == expected, ShapeError, kFit,
                  std::string(name) + " must have the shape of the mixture", "shape", shape,
                  "expected", expected);
}

void require_given_covariances(const GmmConfig& config, std::size_t d) {
  const bool matrices =
      config.covariance == CovarianceKind::kFull || config.covariance == CovarianceKind::kTied;
  const Shape expected = covariance_shape(config.covariance, config.components, d);
  for (const auto& [name, values] : {std::pair{"given covariances", &config.given.covariances},
                                     std::pair{"given precisions", &config.given_precisions}}) {
    if (values->empty()) continue;
    require_shape(name, values->shape(), expected);
    require_finite(kFit, name, values->view());
    if (matrices) require_symmetric(name, values->view(), d);
    require_positive_definite(name, values->view(), matrices);
  }
}

// theta has this M-step only if both components measure distances alike.
void require_symmetric_start(const GmmConfig& config, std::size_t d) {
  const GaussianMixture& given = config.given;
  for (std::size_t j = 0; j < d; ++j) {
    SURPLUS_REQUIRE(given.means(0, j) == -given.means(1, j), ArgumentError, kFit,
                    "symmetric means must be given as theta and -theta", "column", j, "first",
                    given.means(0, j), "second", given.means(1, j));
  }
  if (config.covariance == CovarianceKind::kTied) return;
  const Matrix<double>& covariances =
      given.covariances.empty() ? config.given_precisions : given.covariances;
  const std::span<const double> values = covariances.values();
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  SURPLUS_REQUIRE(config.fixed_covariances && std::equal(values.begin(), half, half), ArgumentError,
                  kFit, "symmetric means need tied covariances, or fixed and equal ones",
                  "covariance", to_text(config.covariance), "fixed", config.fixed_covariances);
}

void require_fixed(bool fixed, bool given, std::string_view name) {
  SURPLUS_REQUIRE(!fixed || given, ArgumentError, kFit,
                  std::string(name) + " that are fixed or tied must be given", "given", given);
}

}  // namespace

void require_distribution(std::string_view function, std::string_view name,
                          std::span<const double> weights) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    SURPLUS_REQUIRE(weights[i] >= 0, ArgumentError, function,
                    std::string(name) + " must not be negative", "component", i, "weight",
                    weights[i]);
    sum += weights[i];
  }
  SURPLUS_REQUIRE(std::abs(sum - 1) <= 1e-6, ArgumentError, function,
                  std::string(name) + " must sum to one", "sum", sum);
}

double require_sample_weights(std::string_view function, std::size_t rows,
                              std::span<const double> sample_weights) {
  if (sample_weights.empty()) return static_cast<double>(rows);
  SURPLUS_REQUIRE(sample_weights.size() == rows, ShapeError, function,
                  "sample_weights must be empty or one for each row", "sample_weights",
                  sample_weights.size(), "rows", rows);
  double sum = 0;
  for (std::size_t n = 0; n < rows; ++n) {
    SURPLUS_REQUIRE(sample_weights[n] >= 0 && std::isfinite(sample_weights[n]), ArgumentError,
                    function, "sample_weights must be finite and not negative", "row", n, "weight",
                    sample_weights[n]);
    sum += sample_weights[n];
  }
  SURPLUS_REQUIRE(sum > 0 && std::isfinite(sum), ArgumentError, function,
                  "sample_weights must have a positive finite sum", "sum", sum);
  return sum;
}

GmmFactors require_mixture(std::string_view function, const GaussianMixture& mixture) {
  GmmFactors factors;
  const std::size_t good = factorize(function, mixture, factors);
  require_distribution(function, "weights", mixture.weights);
  require_finite(function, "means", mixture.means.view());
  const bool tied = mixture.kind == CovarianceKind::kTied;
  if (good != (tied ? 1 : mixture.components())) {
    not_positive_definite(function, "covariances", good);
  }
  return factors;
}

void require_config(const GmmConfig& config, std::size_t n, std::size_t d) {
  SURPLUS_REQUIRE(config.components >= 1 && config.components <= n, ArgumentError, kFit,
                  "components must be at least 1 and at most n", "components", config.components,
                  "n", n);
  SURPLUS_REQUIRE(n >= 2 || config.fixed_covariances, ArgumentError, kFit,
                  "covariances need at least 2 rows", "n", n);
  SURPLUS_REQUIRE(config.tolerance >= 0, ArgumentError, kFit, "tolerance must not be negative",
                  "tolerance", config.tolerance);
  SURPLUS_REQUIRE(config.parameter_tolerance >= 0, ArgumentError, kFit,
                  "parameter_tolerance must not be negative", "parameter_tolerance",
                  config.parameter_tolerance);
  SURPLUS_REQUIRE(config.covariance_floor >= 0 && std::isfinite(config.covariance_floor),
                  ArgumentError, kFit, "covariance_floor must be finite and not negative",
                  "covariance_floor", config.covariance_floor);
  SURPLUS_REQUIRE(config.starts >= 1, ArgumentError, kFit, "starts must be at least 1", "starts",
                  config.starts);
  SURPLUS_REQUIRE(
      config.empty_component != EmptyComponent::kReseed || config.means == MeansRule::kFree,
      ArgumentError, kFit, "empty components can only be reseeded if the means are free");
  SURPLUS_REQUIRE(config.means != MeansRule::kTiedSymmetric || config.components == 2,
                  ArgumentError, kFit, "symmetric means need 2 components", "components",
                  config.components);
  SURPLUS_REQUIRE(d >= 1, ArgumentError, kFit, "x must have a column", "d", d);
}

GaussianMixture require_given(const GmmConfig& config, std::size_t d) {
  const GaussianMixture& given = config.given;
  const bool covariances = !given.covariances.empty() || !config.given_precisions.empty();
  require_fixed(config.fixed_weights, !given.weights.empty(), "weights");
  require_fixed(config.means != MeansRule::kFree, !given.means.empty(), "means");
  require_fixed(config.fixed_covariances, covariances, "covariances");
  SURPLUS_REQUIRE(config.start != GmmStart::kGiven || !given.means.empty(), ArgumentError, kFit,
                  "a given start needs given means");
  if (!given.weights.empty()) {
    SURPLUS_REQUIRE(given.weights.size() == config.components, ShapeError, kFit,
                    "given weights must be one for each component", "weights", given.weights.size(),
                    "components", config.components);
    require_distribution(kFit, "given weights", given.weights);
  }
  if (!given.means.empty()) {
    require_shape("given means", given.means.shape(), {config.components, d});
    require_finite(kFit, "given means", given.means.view());
  }
  SURPLUS_REQUIRE(given.covariances.empty() || config.given_precisions.empty(), ArgumentError, kFit,
                  "either covariances or precisions can be given, not both");
  SURPLUS_REQUIRE(given.covariances.empty() || given.kind == config.covariance, ArgumentError, kFit,
                  "given covariances must be of the kind to be fitted", "given",
                  to_text(given.kind), "covariance", to_text(config.covariance));
  require_given_covariances(config, d);
  if (config.means == MeansRule::kTiedSymmetric) require_symmetric_start(config, d);
  GaussianMixture result = given;
  result.kind = config.covariance;
  if (!config.given_precisions.empty()) {
    result.covariances = inverses(config.given_precisions, config.covariance);
  }
  return result;
}

}  // namespace surplus::detail
