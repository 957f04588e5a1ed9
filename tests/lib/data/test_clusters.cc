#define BOOST_TEST_MODULE clusters
#include "surplus/data/clusters.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

Clusters two_clusters() {
  return {.weights = {1, 3},
          .means = Matrix<double>{{-10, 0}, {10, 5}},
          .factors = {Matrix<double>{{1, 0}, {2, 1}}, Matrix<double>{{0.5, 0}, {0, 3}}}};
}

BOOST_AUTO_TEST_CASE(the_moments_of_each_cluster_are_those_asked_for) {
  const Clusters clusters = two_clusters();
  const std::size_t n = 40000;
  Rng rng(5);
  const Samples s = draw_clusters(clusters, n, rng);
  for (std::size_t c = 0; c < 2; ++c) {
    double count = 0, mean[2] = {}, moment[2][2] = {};
    for (std::size_t i = 0; i < n; ++i) {
      if (s.labels[i] != c) continue;
      ++count;
      for (std::size_t j = 0; j < 2; ++j) {
        mean[j] += s.x(i, j);
        for (std::size_t l = 0; l < 2; ++l) {
          moment[j][l] += (s.x(i, j) - clusters.means(c, j)) * (s.x(i, l) - clusters.means(c, l));
        }
      }
    }
    // Five standard errors each: one in a million or rarer by chance, and the seed is fixed.
    const double share = clusters.weights[c] / 4;
    BOOST_TEST(std::abs(count / n - share) <= 5 * std::sqrt(share * (1 - share) / n));
    const Matrix<double>& factor = clusters.factors[c];
    const Matrix<double> covariance = tests::product(factor, tests::transpose(factor));
    for (std::size_t j = 0; j < 2; ++j) {
      BOOST_TEST(std::abs(mean[j] / count - clusters.means(c, j)) <=
                 5 * std::sqrt(covariance(j, j) / count));
      for (std::size_t l = 0; l < 2; ++l) {
        const double variance =
            covariance(j, j) * covariance(l, l) + covariance(j, l) * covariance(j, l);
        BOOST_TEST(std::abs(moment[j][l] / count - covariance(j, l)) <=
                   5 * std::sqrt(variance / count));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_seed_fixes_the_samples_and_further_draws_are_new) {
  Rng a(1), b(1);
  const Samples first = draw_clusters(two_clusters(), 50, a);
  BOOST_TEST((draw_clusters(two_clusters(), 50, b).x == first.x));
  BOOST_TEST(!(draw_clusters(two_clusters(), 50, a).x == first.x));
}

BOOST_AUTO_TEST_CASE(a_factor_of_zeros_gives_the_mean_and_no_samples_give_none) {
  Rng rng(1);
  const Clusters point{
      .weights = {2}, .means = Matrix<double>{{3, 4}}, .factors = {Matrix<double>(2, 2)}};
  BOOST_TEST((draw_clusters(point, 2, rng).x == Matrix<double>{{3, 4}, {3, 4}}));
  BOOST_TEST(draw_clusters(point, 0, rng).x.rows() == 0u);
}

BOOST_AUTO_TEST_CASE(parts_that_do_not_fit_are_refused) {
  Rng rng(1);
  Clusters clusters = two_clusters();
  clusters.factors[1] = Matrix<double>(2, 3);
  BOOST_CHECK_EXCEPTION(
      draw_clusters(clusters, 1, rng), ShapeError,
      says("draw_clusters: each factor must be d x d; got factor 1, shape 2 x 3, d 2"));
  clusters.factors[1] = Matrix<double>(2, 2, std::nan(""));
  BOOST_CHECK_EXCEPTION(draw_clusters(clusters, 1, rng), ArgumentError,
                        says("draw_clusters: the factors must be finite; got factor 1"));
  clusters.means(0, 0) = std::nan("");
  BOOST_CHECK_EXCEPTION(draw_clusters(clusters, 1, rng), ArgumentError,
                        says("draw_clusters: the means must be finite"));
  clusters.factors.pop_back();
  BOOST_CHECK_EXCEPTION(draw_clusters(clusters, 1, rng), ShapeError,
                        says("draw_clusters: each weight must have a mean and a factor; got "
                             "weights 2, means 2 x 2, factors 1"));
  clusters = two_clusters();
  clusters.weights = {-1, 1};
  BOOST_CHECK_EXCEPTION(draw_clusters(clusters, 1, rng), ArgumentError,
                        says("Rng::categorical: weights must be finite and not negative; got index "
                             "0, weight -1"));
}

}  // namespace
}  // namespace surplus
