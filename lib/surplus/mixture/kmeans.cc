#include "surplus/mixture/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"
#include "surplus/mixture/gmm_checks.h"

namespace surplus {
namespace {

constexpr std::size_t kChunk = 2048;

double weight_of(std::span<const double> sample_weights, std::size_t row) {
  return sample_weights.empty() ? 1 : sample_weights[row];
}

template <typename T>
double squared_distance(std::span<const T> x, std::span<const double> centre) {
  double sum = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double difference = static_cast<double>(x[j]) - centre[j];
    sum += difference * difference;
  }
  return sum;
}

// What one pass of Lloyd's iteration sums up, about the present centres.
struct Sums {
  double inertia = 0;
  std::vector<double> masses;
  std::vector<double> shifts;  // k x d
};

// Labels the rows begin .. end - 1 and sums up what moves the centres. `across` holds the centres as
// columns, so that the distances of a row to all of them grow side by side.
template <typename T>
Sums assign_rows(MatrixView<const T> x, std::size_t begin, std::size_t end,
                 const Matrix<double>& across, std::span<const double> sample_weights,
                 std::vector<std::uint32_t>& labels) {
  const std::size_t d = across.rows(), k = across.cols();
  Sums sums{0, std::vector<double>(k), std::vector<double>(k * d)};
  std::vector<double> distances(k);
  for (std::size_t n = begin; n < end; ++n) {
    std::fill(distances.begin(), distances.end(), 0.0);
    for (std::size_t j = 0; j < d; ++j) {
      const double* const centre = across.data() + j * k;
      const auto value = static_cast<double>(x(n, j));
      for (std::size_t i = 0; i < k; ++i) {
        distances[i] += (value - centre[i]) * (value - centre[i]);
      }
    }
    const auto nearest = static_cast<std::size_t>(
        std::min_element(distances.begin(), distances.end()) - distances.begin());
    const double s = weight_of(sample_weights, n);
    labels[n] = static_cast<std::uint32_t>(nearest);
    sums.inertia += s * distances[nearest];
    sums.masses[nearest] += s;
    for (std::size_t j = 0; j < d; ++j) {
      sums.shifts[nearest * d + j] += s * (static_cast<double>(x(n, j)) - across(j, nearest));
    }
  }
  return sums;
}

template <typename T>
Sums assign(MatrixView<const T> x, const Matrix<double>& centres,
            std::span<const double> sample_weights, std::vector<std::uint32_t>& labels) {
  const std::size_t k = centres.rows(), d = centres.cols();
  Matrix<double> across(d, k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d; ++j) across(j, i) = centres(i, j);
  }
  Sums total{0, std::vector<double>(k), std::vector<double>(k * d)};
  parallel_fold(
      Chunks{x.rows(), kChunk}, total,
      [&](std::size_t begin, std::size_t end) {
        return assign_rows(x, begin, end, across, sample_weights, labels);
      },
      [](Sums& sums, const Sums& partial) {
        sums.inertia += partial.inertia;
        for (std::size_t i = 0; i < sums.masses.size(); ++i) sums.masses[i] += partial.masses[i];
        for (std::size_t i = 0; i < sums.shifts.size(); ++i) sums.shifts[i] += partial.shifts[i];
      });
  return total;
}

template <typename T>
void require_input(const char* function, MatrixView<const T> x, const KMeansConfig& config) {
  SURPLUS_REQUIRE(!x.empty(), ShapeError, function, "x must have a row and a column", "x",
                  x.shape());
  SURPLUS_REQUIRE(config.clusters >= 1 && config.clusters <= x.rows(), ArgumentError, function,
                  "clusters must be at least 1 and at most n", "clusters", config.clusters, "n",
                  x.rows());
  SURPLUS_REQUIRE(config.tolerance >= 0, ArgumentError, function, "tolerance must not be negative",
                  "tolerance", config.tolerance);
  detail::require_sample_weights(function, x.rows(), config.sample_weights);
  detail::require_finite(function, "x", x);
}

template <typename T>
Matrix<double> seeds_of(MatrixView<const T> x, const KMeansConfig& config, Rng& rng) {
  const std::size_t n = x.rows();
  Matrix<double> seeds(config.clusters, x.cols());
  std::vector<double> chances(n);  // s_n times the squared distance to the nearest seed
  for (std::size_t row = 0; row < n; ++row) chances[row] = weight_of(config.sample_weights, row);
  std::vector<double> nearest(n, std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < config.clusters; ++i) {
    const std::size_t chosen = rng.categorical(chances);
    for (std::size_t j = 0; j < x.cols(); ++j) seeds(i, j) = static_cast<double>(x(chosen, j));
    const Chunks chunks{n, kChunk};
    parallel_for(chunks.count(), [&](std::size_t chunk) {
      for (std::size_t row = chunks.begin(chunk); row < chunks.end(chunk); ++row) {
        nearest[row] = std::min(nearest[row], squared_distance(x.row(row), seeds.row(i)));
        chances[row] = weight_of(config.sample_weights, row) * nearest[row];
      }
    });
    if (std::all_of(chances.begin(), chances.end(), [](double chance) { return chance == 0; })) {
      for (std::size_t row = 0; row < n; ++row) {
        chances[row] = weight_of(config.sample_weights, row);
      }
    }
  }
  return seeds;
}

template <typename T>
KMeansResult kmeans_of(MatrixView<const T> x, const KMeansConfig& config, Rng& rng) {
  require_input("kmeans", x, config);
  KMeansResult result;
  result.centres = seeds_of(x, config, rng);
  result.labels.resize(x.rows());
  Sums sums = assign(x, result.centres, config.sample_weights, result.labels);
  while (result.iterations < config.iterations && result.stop != Stop::kConverged) {
    for (std::size_t i = 0; i < config.clusters; ++i) {
      if (sums.masses[i] == 0) continue;
      for (std::size_t j = 0; j < x.cols(); ++j) {
        result.centres(i, j) += sums.shifts[i * x.cols() + j] / sums.masses[i];
      }
    }
    ++result.iterations;
    const double before = sums.inertia;
    sums = assign(x, result.centres, config.sample_weights, result.labels);
    if (before - sums.inertia <= config.tolerance * before) result.stop = Stop::kConverged;
  }
  result.inertia = sums.inertia;
  return result;
}

}  // namespace

Matrix<double> kmeans_plus_plus(MatrixView<const double> x, const KMeansConfig& config, Rng& rng) {
  require_input("kmeans_plus_plus", x, config);
  return seeds_of(x, config, rng);
}
Matrix<double> kmeans_plus_plus(MatrixView<const float> x, const KMeansConfig& config, Rng& rng) {
  require_input("kmeans_plus_plus", x, config);
  return seeds_of(x, config, rng);
}

KMeansResult kmeans(MatrixView<const double> x, const KMeansConfig& config, Rng& rng) {
  return kmeans_of(x, config, rng);
}
KMeansResult kmeans(MatrixView<const float> x, const KMeansConfig& config, Rng& rng) {
  return kmeans_of(x, config, rng);
}

}  // namespace surplus
