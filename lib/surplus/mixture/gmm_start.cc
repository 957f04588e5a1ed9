#include "surplus/mixture/gmm_start.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/mixture/gmm_steps.h"
#include "surplus/mixture/kmeans.h"

namespace surplus::detail {
namespace {

// Calls the task for each component that has a part in a row: task(component, responsibility).
using Part = std::function<void(std::size_t component, double responsibility)>;
// Splits the rows begin .. end - 1 among the components: row after row, split(row, part).
using Split = std::function<void(std::size_t row, const Part& part)>;
// One Split per chunk, so that each has its own random numbers.
using Splitter = std::function<Split(std::size_t begin)>;

double weight_of(const GmmConfig& config, std::size_t row) {
  return config.sample_weights.empty() ? 1 : config.sample_weights[row];
}

// Adds a row's part to component i, y = x_n - mean_i, in the layout of GmmMoments.
void add(GmmMoments& moments, CovarianceKind kind, std::size_t i, double g,
         const std::vector<double>& y) {
  const std::size_t d = y.size();
  moments.masses[i] += g;
  for (std::size_t j = 0; j < d; ++j) moments.first[i * d + j] += g * y[j];
  if (kind == CovarianceKind::kDiagonal) {
    for (std::size_t j = 0; j < d; ++j) moments.second[i * d + j] += g * y[j] * y[j];
  } else if (kind == CovarianceKind::kSpherical) {
    for (std::size_t j = 0; j < d; ++j) moments.second[i] += g * y[j] * y[j];
  } else {
    double* to = moments.second.data() + (kind == CovarianceKind::kFull ? i * d * (d + 1) / 2 : 0);
    for (std::size_t p = 0; p < d; to += ++p) {
      for (std::size_t q = 0; q <= p; ++q) to[q] += g * y[p] * y[q];
    }
  }
}

void add(std::vector<double>& total, const std::vector<double>& partial) {
  for (std::size_t i = 0; i < total.size(); ++i) total[i] += partial[i];
}

// The M-step of responsibilities that come from elsewhere than an E-step, with the moments taken
// about the means of `reference`.
template <typename T>
GaussianMixture estimate(MatrixView<const T> x, const GmmConfig& config,
                         const GaussianMixture& reference, const Splitter& splitter) {
  const GmmConfig rules = {.covariance = reference.kind,
                           .covariance_floor = config.covariance_floor};
  GmmMoments moments = make_moments(reference, rules);
  moments.rows = x.rows();
  const GmmMoments zero = moments;
  // Few large chunks: a start is made once, and each partial result is as large as the mixture.
  parallel_fold(
      Chunks{x.rows(), std::max<std::size_t>(2048, x.rows() / 16 + 1)}, moments,
      [&](std::size_t begin, std::size_t end) {
        GmmMoments partial = zero;
        std::vector<double> y(x.cols());
        const Split split = splitter(begin);
        for (std::size_t row = begin; row < end; ++row) {
          split(row, [&](std::size_t i, double responsibility) {
            for (std::size_t j = 0; j < y.size(); ++j) {
              y[j] = static_cast<double>(x(row, j)) - reference.means(i, j);
            }
            add(partial, reference.kind, i, weight_of(config, row) * responsibility, y);
          });
        }
        return partial;
      },
      [](GmmMoments& total, const GmmMoments& partial) {
        add(total.masses, partial.masses);
        add(total.first, partial.first);
        add(total.second, partial.second);
      });
  GaussianMixture result = reference;
  m_step(moments, reference, rules, result);
  return result;
}

// k components of weight 1 / k, everything else zero.
GaussianMixture blank(CovarianceKind kind, std::size_t k, std::size_t d) {
  const Shape shape = covariance_shape(kind, k, d);
  GaussianMixture mixture;
  mixture.kind = kind;
  mixture.weights.assign(k, 1 / static_cast<double>(k));
  mixture.means = Matrix<double>(k, d);
  mixture.covariances = Matrix<double>(shape.rows, shape.cols);
  return mixture;
}

// The Gaussian of all rows, as a mixture of one.
template <typename T>
GaussianMixture pooled(MatrixView<const T> x, const GmmConfig& config) {
  const std::size_t d = x.cols();
  GaussianMixture reference = blank(config.covariance, 1, d);
  double total = 0;
  for (std::size_t row = 0; row < x.rows(); ++row) {
    const double s = weight_of(config, row);
    total += s;
    for (std::size_t j = 0; j < d; ++j) {
      reference.means(0, j) += s * static_cast<double>(x(row, j));
    }
  }
  for (double& mean : reference.means.values()) mean /= total;
  return estimate(x, config, reference, [](std::size_t) -> Split {
    return [](std::size_t, const Part& part) { part(0, 1); };
  });
}

// k components that all have the pooled Gaussian's mean and covariance.
GaussianMixture repeated(const GaussianMixture& one, std::size_t k) {
  GaussianMixture result = blank(one.kind, k, one.features());
  const auto fill = [](const Matrix<double>& pattern, Matrix<double>& to) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      to.values()[i] = pattern.values()[i % pattern.size()];
    }
  };
  fill(one.means, result.means);
  fill(one.covariances, result.covariances);
  return result;
}

template <typename T>
Matrix<double> random_rows(MatrixView<const T> x, const GmmConfig& config, Rng& rng) {
  std::vector<double> chances(x.rows());
  for (std::size_t row = 0; row < x.rows(); ++row) chances[row] = weight_of(config, row);
  Matrix<double> rows(config.components, x.cols());
  for (std::size_t i = 0; i < config.components; ++i) {
    const std::size_t chosen = rng.categorical(chances);
    chances[chosen] = 0;
    for (std::size_t j = 0; j < x.cols(); ++j) rows(i, j) = static_cast<double>(x(chosen, j));
  }
  return rows;
}

template <typename T>
GaussianMixture from_clusters(MatrixView<const T> x, const GmmConfig& config,
                              GaussianMixture reference, Rng& rng) {
  const KMeansResult clusters =
      kmeans(x, {.clusters = config.components, .sample_weights = config.sample_weights}, rng);
  reference.means = clusters.centres;
  return estimate(x, config, reference, [&](std::size_t) -> Split {
    return [&](std::size_t row, const Part& part) { part(clusters.labels[row], 1); };
  });
}

template <typename T>
GaussianMixture from_responsibilities(MatrixView<const T> x, const GmmConfig& config,
                                      const GaussianMixture& reference, const Rng& rng) {
  return estimate(x, config, reference, [&](std::size_t begin) -> Split {
    std::vector<double> shares(config.components);
    return [shares, own = rng.split(begin)](std::size_t, const Part& part) mutable {
      own.fill_uniform(shares);
      const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
      for (std::size_t i = 0; i < shares.size(); ++i) part(i, shares[i] / sum);
    };
  });
}

template <typename T>
GaussianMixture start_mixture_of(MatrixView<const T> x, const GmmConfig& config,
                                 const GaussianMixture& given, Rng& rng) {
  if (!given.weights.empty() && !given.means.empty() && !given.covariances.empty()) return given;
  GaussianMixture start = repeated(pooled(x, config), config.components);
  switch (config.start) {
    case GmmStart::kKMeans:
      start = from_clusters(x, config, std::move(start), rng);
      break;
    case GmmStart::kKMeansPlusPlus:
      start.means = kmeans_plus_plus(
          x, {.clusters = config.components, .sample_weights = config.sample_weights}, rng);
      break;
    case GmmStart::kRandomRows:
      start.means = random_rows(x, config, rng);
      break;
    case GmmStart::kRandomResponsibilities:
      start = from_responsibilities(x, config, start, rng);
      break;
    case GmmStart::kGiven:
      break;
  }
  if (!given.weights.empty()) start.weights = given.weights;
  if (!given.means.empty()) start.means = given.means;
  if (!given.covariances.empty()) start.covariances = given.covariances;
  return start;
}

}  // namespace

GaussianMixture start_mixture(MatrixView<const double> x, const GmmConfig& config,
                              const GaussianMixture& given, Rng& rng) {
  return start_mixture_of(x, config, given, rng);
}
GaussianMixture start_mixture(MatrixView<const float> x, const GmmConfig& config,
                              const GaussianMixture& given, Rng& rng) {
  return start_mixture_of(x, config, given, rng);
}

}  // namespace surplus::detail
