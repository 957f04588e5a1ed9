#include "surplus/mixture/gmm_steps.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "kernels/gaussian.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/cholesky.h"

namespace surplus {
namespace {

using KernelKind = kernels::GaussianModel::Covariance;

KernelKind kernel_kind(CovarianceKind kind) {
  switch (kind) {
    case CovarianceKind::kFull:
      return KernelKind::kFull;
    case CovarianceKind::kTied:
      return KernelKind::kTied;
    case CovarianceKind::kDiagonal:
      return KernelKind::kDiagonal;
    case CovarianceKind::kSpherical:
      break;
  }
  return KernelKind::kSpherical;
}

constexpr double kEmpty = 1e-8;  // share of the mass below which a component is empty

std::size_t triangle(std::size_t d) { return d * (d + 1) / 2; }

// Elements of the packed covariances of a mixture, in the layout of the kernel.
std::size_t packed_size(CovarianceKind kind, std::size_t k, std::size_t d) {
  switch (kind) {
    case CovarianceKind::kFull:
      return k * triangle(d);
    case CovarianceKind::kTied:
      return triangle(d);
    case CovarianceKind::kDiagonal:
      return k * d;
    case CovarianceKind::kSpherical:
      break;
  }
  return k;
}

// Writes the inverse of the lower triangular l, row by row: row i is (e_i - sum_j l_ij row j) / l_ii.
void invert_lower(const Matrix<double>& l, double* inverse) {
  double* row = inverse;
  for (std::size_t i = 0; i < l.rows(); row += ++i) {
    const double* const li = l.data() + i * l.cols();
    std::fill_n(row, i, 0.0);
    const double* other = inverse;
    for (std::size_t j = 0; j < i; other += ++j) {
      for (std::size_t p = 0; p <= j; ++p) row[p] -= li[j] * other[p];
    }
    for (std::size_t p = 0; p < i; ++p) row[p] /= li[i];
    row[i] = 1 / li[i];
  }
}

// The factors of one matrix of a full or tied mixture and log det A; false if it is not positive
// definite.
bool factorize_matrix(MatrixView<const double> covariance, Matrix<double>& l, double* factor,
                      double& log_det) {
  for (std::size_t i = 0; i < covariance.rows(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      if (!std::isfinite(covariance(i, j))) return false;
    }
  }
  if (try_cholesky(covariance, l.view()) != covariance.rows()) return false;
  invert_lower(l, factor);
  log_det = -log_determinant(l.view()) / 2;
  return std::isfinite(log_det);
}

bool factorize_variances(std::span<const double> variances, double* factor, double& log_det) {
  log_det = 0;
  for (std::size_t j = 0; j < variances.size(); ++j) {
    if (!(variances[j] > 0) || !std::isfinite(variances[j])) return false;
    factor[j] = 1 / std::sqrt(variances[j]);
    log_det -= std::log(variances[j]) / 2;
  }
  return true;
}

kernels::GaussianModel kernel_model(const GmmFactors& factors) {
  return {
      .covariance = kernel_kind(factors.kind),
      .k = factors.components,
      .d = factors.features,
      .centre = factors.centre.data(),
      .means = factors.means.data(),
      .factors = factors.factors.data(),
      .log_scales = factors.log_scales.data(),
  };
}

// The kernel's scratch, kept by each thread: fresh pages for every chunk would cost as much as the
// work on a chunk of few features.
double* scratch_for(const kernels::GaussianModel& model) {
  thread_local std::vector<double> scratch;
  scratch.resize(std::max(scratch.size(), kernels::gaussian_scratch_size(model)));
  return scratch.data();
}

// Adds the sums over rows begin .. end - 1 to the moments.
template <typename T>
void add_rows(MatrixView<const T> x, std::size_t begin, std::size_t end, const GmmFactors& factors,
              std::span<const double> sample_weights, GmmMoments& moments) {
  const kernels::GaussianModel model = kernel_model(factors);
  const auto place = [](std::vector<double>& sums) { return sums.empty() ? nullptr : sums.data(); };
  const kernels::GaussianSums sums = {
      .log_likelihood = &moments.log_likelihood,
      .mass = place(moments.masses),
      .first = place(moments.first),
      .second = place(moments.second),
  };
  kernels::gaussian_pass(model, end - begin, x.data() + begin * x.stride(), x.stride(),
                         sample_weights.empty() ? nullptr : sample_weights.data() + begin, sums, {},
                         scratch_for(model));
}

template <typename T>
void evaluate_rows_of(MatrixView<const T> x, const GmmFactors& factors, const GmmRows& rows) {
  const kernels::GaussianModel model = kernel_model(factors);
  const auto place = [](auto* results, std::size_t offset) {
    return results == nullptr ? nullptr : results + offset;
  };
  const Chunks chunks{x.rows(), 2048};
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    const std::size_t begin = chunks.begin(chunk);
    kernels::gaussian_pass(model, chunks.end(chunk) - begin, x.data() + begin * x.stride(),
                           x.stride(), nullptr, {},
                           {.log_density = place(rows.log_density, begin),
                            .responsibilities = place(rows.responsibilities, begin * model.k),
                            .responsibilities_stride = model.k,
                            .labels = place(rows.labels, begin)},
                           scratch_for(model));
  });
}

void add(std::vector<double>& total, const std::vector<double>& partial) {
  for (std::size_t i = 0; i < total.size(); ++i) total[i] += partial[i];
}

void clear(GmmMoments& moments) {
  moments.log_likelihood = 0;
  for (auto* sums : {&moments.masses, &moments.first, &moments.second}) {
    std::fill(sums->begin(), sums->end(), 0.0);
  }
}

// How rows are cut. Enough for the fixed cost of a chunk not to show; where the moments themselves
// are large, so few chunks that the partial ones stay within 32 MiB.
Chunks row_chunks(std::size_t n, const GmmMoments& moments) {
  constexpr std::size_t kRows = 2048, kMemory = std::size_t{32} << 20;
  const std::size_t bytes =
      sizeof(double) * (1 + moments.masses.size() + moments.first.size() + moments.second.size());
  const std::size_t most = std::max<std::size_t>(1, kMemory / bytes);
  return {n, std::max(kRows, (n + most - 1) / most)};
}

template <typename T>
void e_step_of(MatrixView<const T> x, const GmmFactors& factors,
               std::span<const double> sample_weights, GmmMoments& moments) {
  SURPLUS_REQUIRE(x.cols() == factors.features, ShapeError, "e_step",
                  "x must have as many columns as the mixture has features", "x", x.shape(),
                  "features", factors.features);
  SURPLUS_REQUIRE(sample_weights.empty() || sample_weights.size() == x.rows(), ShapeError, "e_step",
                  "sample_weights must be empty or one for each row", "sample_weights",
                  sample_weights.size(), "x", x.shape());
  clear(moments);
  moments.rows = x.rows();
  const Chunks chunks = row_chunks(x.rows(), moments);
  if (chunks.count() <= 1) {
    add_rows(x, 0, x.rows(), factors, sample_weights, moments);
    return;
  }
  const GmmMoments zero = moments;
  parallel_fold(
      chunks, moments,
      [&](std::size_t begin, std::size_t end) {
        GmmMoments partial = zero;
        add_rows(x, begin, end, factors, sample_weights, partial);
        return partial;
      },
      [](GmmMoments& total, const GmmMoments& partial) {
        total.log_likelihood += partial.log_likelihood;
        add(total.masses, partial.masses);
        add(total.first, partial.first);
        add(total.second, partial.second);
      });
}

// The M-step, one part of the mixture at a time. Rows are weighted as a whole, so that the mass that
// keeps divisions finite is 10 eps of one average row.
class MStep {
 public:
  MStep(const GmmMoments& moments, const GaussianMixture& mixture, const GmmConfig& config,
        GaussianMixture& next)
      : moments_(moments), mixture_(mixture), config_(config), next_(next) {
    total_ = std::accumulate(moments.masses.begin(), moments.masses.end(), 0.0);
    little_ = 10 * std::numeric_limits<double>::epsilon() * total_ /
              static_cast<double>(std::max<std::size_t>(1, moments.rows));
  }

  void weights() {
    for (std::size_t i = 0; i < k(); ++i) next_.weights[i] = moments_.masses[i] / total_;
  }

  void means() {
    if (config_.means == MeansRule::kTiedSymmetric) {
      for (std::size_t j = 0; j < d(); ++j) {
        const double theta = (total_first(0, j) - total_first(1, j)) / total_;
        next_.means(0, j) = theta;
        next_.means(1, j) = -theta;
      }
      return;
    }
    for (std::size_t i = 0; i < k(); ++i) {
      for (std::size_t j = 0; j < d(); ++j) {
        next_.means(i, j) = mixture_.means(i, j) + (empty(i) ? 0 : shift(i, j));
      }
    }
  }

  void covariances() {
    switch (config_.covariance) {
      case CovarianceKind::kFull:
        for (std::size_t i = 0; i < k(); ++i) full(i);
        break;
      case CovarianceKind::kTied:
        tied();
        break;
      case CovarianceKind::kDiagonal:
      case CovarianceKind::kSpherical:
        for (std::size_t i = 0; i < k(); ++i) variances(i);
        break;
    }
  }

 private:
  std::size_t k() const { return mixture_.components(); }
  std::size_t d() const { return mixture_.features(); }
  double mass(std::size_t i) const { return moments_.masses[i] + little_; }
  double first(std::size_t i, std::size_t j) const { return moments_.first[i * d() + j]; }
  double total_first(std::size_t i, std::size_t j) const {
    return first(i, j) + moments_.masses[i] * mixture_.means(i, j);
  }
  bool empty(std::size_t i) const { return moments_.masses[i] < kEmpty * total_; }
  // From the present mean of component i to that of its rows; the free step of the mean.
  double shift(std::size_t i, std::size_t j) const { return first(i, j) / mass(i); }
  // From the next mean of component i to that of its rows.
  double miss(std::size_t i, std::size_t j) const {
    if (config_.means == MeansRule::kFree) return 0;
    return shift(i, j) - (next_.means(i, j) - mixture_.means(i, j));
  }
  // Turns a second moment about the present mean into one about the next, by way of the rows' own.
  double correction(std::size_t i, std::size_t p, std::size_t q) const {
    return shift(i, p) * shift(i, q) - miss(i, p) * miss(i, q);
  }

  void full(std::size_t i) {
    if (empty(i)) {
      for (std::size_t p = i * d(); p < (i + 1) * d(); ++p) {
        std::copy_n(mixture_.covariances.row(p).data(), d(), next_.covariances.row(p).data());
      }
      return;
    }
    const double* second = moments_.second.data() + i * triangle(d());
    for (std::size_t p = 0; p < d(); second += ++p) {
      for (std::size_t q = 0; q <= p; ++q) {
        const double value = second[q] / mass(i) - correction(i, p, q);
        next_.covariances(i * d() + p, q) = value;
        next_.covariances(i * d() + q, p) = value;
      }
      next_.covariances(i * d() + p, p) += config_.covariance_floor;
    }
  }

  void tied() {
    const double* second = moments_.second.data();
    for (std::size_t p = 0; p < d(); second += ++p) {
      for (std::size_t q = 0; q <= p; ++q) {
        double value = second[q];
        for (std::size_t i = 0; i < k(); ++i) {
          if (!empty(i)) value -= mass(i) * correction(i, p, q);
        }
        next_.covariances(p, q) = value / total_;
        next_.covariances(q, p) = value / total_;
      }
      next_.covariances(p, p) += config_.covariance_floor;
    }
  }

  void variances(std::size_t i) {
    const bool spherical = config_.covariance == CovarianceKind::kSpherical;
    const std::size_t cols = next_.covariances.cols();
    if (empty(i)) {
      std::copy_n(mixture_.covariances.row(i).data(), cols, next_.covariances.row(i).data());
      return;
    }
    for (std::size_t j = 0; j < cols; ++j) {
      double value = moments_.second[i * cols + j] / mass(i);
      if (spherical) {
        for (std::size_t p = 0; p < d(); ++p) value -= correction(i, p, p);
        value /= static_cast<double>(d());
      } else {
        value -= correction(i, j, j);
      }
      next_.covariances(i, j) = value + config_.covariance_floor;
    }
  }

  const GmmMoments& moments_;
  const GaussianMixture& mixture_;
  const GmmConfig& config_;
  GaussianMixture& next_;
  double total_ = 0;
  double little_ = 0;
};

}  // namespace

Shape covariance_shape(CovarianceKind kind, std::size_t k, std::size_t d) {
  switch (kind) {
    case CovarianceKind::kFull:
      return {k * d, d};
    case CovarianceKind::kTied:
      return {d, d};
    case CovarianceKind::kDiagonal:
      return {k, d};
    case CovarianceKind::kSpherical:
      break;
  }
  return {k, 1};
}

std::size_t factorize(std::string_view function, const GaussianMixture& mixture,
                      GmmFactors& factors) {
  const std::size_t k = mixture.components(), d = mixture.features();
  const Shape expected = covariance_shape(mixture.kind, k, d);
  if (k == 0 || d == 0 || mixture.weights.size() != k || mixture.covariances.shape() != expected) {
    throw ShapeError(error_message(
        function, "a mixture must have k weights, k x d means and covariances of its kind",
        "weights", mixture.weights.size(), "means", mixture.means.shape(), "covariances",
        mixture.covariances.shape(), "kind", to_text(mixture.kind)));
  }
  factors.kind = mixture.kind;
  factors.components = k;
  factors.features = d;
  factors.centre.assign(d, 0.0);
  factors.means.resize(k * d);
  factors.log_scales.resize(k);
  factors.factors.resize(packed_size(mixture.kind, k, d));
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      factors.centre[j] += mixture.weights[i] * mixture.means(i, j);
    }
  }
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      factors.means[i * d + j] = mixture.means(i, j) - factors.centre[j];
    }
  }
  const bool matrices =
      mixture.kind == CovarianceKind::kFull || mixture.kind == CovarianceKind::kTied;
  if (matrices && factors.cholesky.rows() != d) factors.cholesky = Matrix<double>(d, d);
  const std::size_t packed =
      factors.factors.size() / (mixture.kind == CovarianceKind::kTied ? 1 : k);
  double log_det = 0;
  for (std::size_t i = 0; i < k; ++i) {
    double* const factor = factors.factors.data() + i * packed;
    if (matrices && (i == 0 || mixture.kind == CovarianceKind::kFull)) {
      if (!factorize_matrix(mixture.covariances.view().block(i * d, 0, d, d), factors.cholesky,
                            factor, log_det)) {
        return i;
      }
    } else if (!matrices) {
      if (!factorize_variances(mixture.covariances.row(i), factor, log_det)) return i;
      if (mixture.kind == CovarianceKind::kSpherical) log_det *= static_cast<double>(d);
    }
    const double w = mixture.weights[i];
    const double log_weight =
        w > 0 ? std::max(std::log(w), -700.0) : -std::numeric_limits<double>::infinity();
    factors.log_scales[i] =
        log_weight + log_det - static_cast<double>(d) / 2 * std::log(2 * std::numbers::pi);
  }
  return mixture.kind == CovarianceKind::kTied ? 1 : k;
}

GmmMoments make_moments(const GaussianMixture& mixture, const GmmConfig& config) {
  const std::size_t k = mixture.components(), d = mixture.features();
  GmmMoments moments;
  moments.masses.resize(k);
  moments.first.resize(k * d);
  if (!config.fixed_covariances) moments.second.resize(packed_size(mixture.kind, k, d));
  return moments;
}

void e_step(MatrixView<const double> x, const GmmFactors& factors,
            std::span<const double> sample_weights, GmmMoments& moments) {
  e_step_of(x, factors, sample_weights, moments);
}
void e_step(MatrixView<const float> x, const GmmFactors& factors,
            std::span<const double> sample_weights, GmmMoments& moments) {
  e_step_of(x, factors, sample_weights, moments);
}

void evaluate_rows(MatrixView<const double> x, const GmmFactors& factors, const GmmRows& rows) {
  evaluate_rows_of(x, factors, rows);
}
void evaluate_rows(MatrixView<const float> x, const GmmFactors& factors, const GmmRows& rows) {
  evaluate_rows_of(x, factors, rows);
}

bool is_empty(const GmmMoments& moments, std::size_t component) {
  double total = 0;
  for (const double mass : moments.masses) total += mass;
  return moments.masses[component] < kEmpty * total;
}

void m_step(const GmmMoments& moments, const GaussianMixture& mixture, const GmmConfig& config,
            GaussianMixture& next) {
  if (config.empty_component == EmptyComponent::kError) {
    for (std::size_t i = 0; i < mixture.components(); ++i) {
      SURPLUS_REQUIRE(!is_empty(moments, i), NumericalError, "fit_gmm",
                      "every component must keep at least 1e-8 of the mass", "component", i, "mass",
                      moments.masses[i]);
    }
  }
  MStep step(moments, mixture, config, next);
  if (!config.fixed_weights) step.weights();
  if (config.means != MeansRule::kFixed) step.means();
  if (!config.fixed_covariances) step.covariances();
}

}  // namespace surplus
