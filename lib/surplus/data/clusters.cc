#include "surplus/data/clusters.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace surplus {
namespace {

void check(const Clusters& clusters) {
  const std::size_t k = clusters.weights.size(), d = clusters.means.cols();
  SURPLUS_REQUIRE(clusters.means.rows() == k && clusters.factors.size() == k, ShapeError,
                  "draw_clusters", "each weight must have a mean and a factor", "weights", k,
                  "means", clusters.means.shape(), "factors", clusters.factors.size());
  const auto finite = [](std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
  };
  SURPLUS_REQUIRE(finite(clusters.means.values()), ArgumentError, "draw_clusters",
                  "the means must be finite");
  for (std::size_t c = 0; c < k; ++c) {
    const Matrix<double>& factor = clusters.factors[c];
    SURPLUS_REQUIRE(factor.rows() == d && factor.cols() == d, ShapeError, "draw_clusters",
                    "each factor must be d x d", "factor", c, "shape", factor.shape(), "d", d);
    SURPLUS_REQUIRE(finite(factor.values()), ArgumentError, "draw_clusters",
                    "the factors must be finite", "factor", c);
  }
}

}  // namespace

Samples draw_clusters(const Clusters& clusters, std::size_t n, Rng& rng) {
  check(clusters);
  const std::size_t k = clusters.weights.size(), d = clusters.means.cols();
  Samples samples{Matrix<double>(n, d), std::vector<std::size_t>(n)};
  for (std::size_t c = 0; c < k; ++c) samples.label_names.push_back(to_text(c));
  rng.fill_normal(samples.x.values());
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t c = samples.labels[i] = rng.categorical(clusters.weights);
    const Matrix<double>& factor = clusters.factors[c];
    // From the last feature up, because each needs the normals before it.
    for (std::size_t j = d; j-- > 0;) {
      double value = clusters.means(c, j);
      for (std::size_t l = 0; l <= j; ++l) value += factor(j, l) * samples.x(i, l);
      samples.x(i, j) = value;
    }
  }
  return samples;
}

}  // namespace surplus
