// Our side of gmm.py: fits what it sends and says how long that took.
//
// gmm KIND N D K FITS ITERATIONS THREADS < x (N x D doubles), means (K x D doubles)
// Starts from weights 1 / K and unit covariances. Writes one JSON object: the seconds per fit (of
// processor time with one thread, of wall clock else), the mean log-likelihood in the last
// iteration's E-step, the means at the end.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/mixture/gmm.h"
#include "surplus/mixture/gmm_steps.h"

namespace {

bool read(surplus::Matrix<double>& matrix) {
  return std::fread(matrix.data(), sizeof(double), matrix.size(), stdin) == matrix.size();
}

surplus::CovarianceKind kind_named(std::string_view name) {
  using enum surplus::CovarianceKind;
  for (const auto kind : {kFull, kTied, kDiagonal}) {
    if (to_text(kind) == name) return kind;
  }
  return kSpherical;
}

surplus::Matrix<double> unit_covariances(surplus::CovarianceKind kind, std::size_t k,
                                         std::size_t d) {
  const surplus::Shape shape = surplus::covariance_shape(kind, k, d);
  surplus::Matrix<double> covariances(shape.rows, shape.cols);
  const bool matrices =
      kind == surplus::CovarianceKind::kFull || kind == surplus::CovarianceKind::kTied;
  for (std::size_t i = 0; i < shape.rows; ++i) {
    for (std::size_t j = 0; j < shape.cols; ++j) {
      covariances(i, j) = !matrices || i % d == j ? 1 : 0;
    }
  }
  return covariances;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 8) return 2;
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  const auto kind = kind_named(arguments[1]);
  const std::size_t n = number(2), d = number(3), k = number(4), fits = number(5);
  surplus::Matrix<double> x(n, d), means(k, d);
  if (!read(x) || !read(means)) return 2;
  surplus::set_thread_count(number(7));
  const surplus::GaussianMixture start{
      .kind = kind,
      .weights = std::vector<double>(k, 1 / static_cast<double>(k)),
      .means = means,
      .covariances = unit_covariances(kind, k, d),
  };
  const surplus::GmmConfig config{.components = k,
                                  .covariance = kind,
                                  .start = surplus::GmmStart::kGiven,
                                  .iterations = number(6),
                                  .tolerance = 0};
  const std::vector<surplus::GaussianMixture> starts(fits, start);
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t begin_of_process = std::clock();
  const auto results = surplus::fit_gmm_many(x, config, starts);
  const double process =
      static_cast<double>(std::clock() - begin_of_process) / double{CLOCKS_PER_SEC};
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  const double seconds = surplus::thread_count() == 1 ? process : wall.count();
  std::printf("{\"seconds\": %.9g, \"log_likelihood\": %.17g, \"means\": [",
              seconds / static_cast<double>(fits), results[0].trace.back());
  const auto values = results[0].mixture.means.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::printf("%s%.17g", i == 0 ? "" : ", ", values[i]);
  }
  std::printf("]}\n");
}
