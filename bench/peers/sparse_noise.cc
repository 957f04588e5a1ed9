// Our side of sparse_noise.py: solves sparse noise and says how long that took.
//
// sparse_noise METHOD N P STEPS LAMBDA GAMMA TAU COLUMNS < J (N x P doubles), y (COLUMNS x N)
// METHOD is `descent`, `mirror` or `convex`, whose steps are iterations. Writes one JSON object:
// seconds of processor time, the factorisation of J included, and theta of all columns.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/noise/sparse_noise.h"

int main(int count, char** arguments) {
  if (count != 9) return 2;
  using surplus::SparseNoiseMethod;
  const std::string_view what = arguments[1];
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  surplus::Matrix<double> j(number(2), number(3));
  if (std::fread(j.data(), sizeof(double), j.size(), stdin) != j.size()) return 2;
  std::vector<std::vector<double>> ys(number(8), std::vector<double>(j.rows()));
  for (auto& y : ys) {
    if (std::fread(y.data(), sizeof(double), y.size(), stdin) != y.size()) return 2;
  }
  const surplus::SparseNoiseConfig config{.method = what == "descent"
                                                        ? SparseNoiseMethod::kGradientDescent
                                                    : what == "mirror" ? SparseNoiseMethod::kMirror
                                                                       : SparseNoiseMethod::kConvex,
                                          .lambda = std::strtod(arguments[5], nullptr),
                                          .gamma = std::strtod(arguments[6], nullptr),
                                          .tau = std::strtod(arguments[7], nullptr),
                                          .iterations = number(4),
                                          .gap_tolerance = 0,
                                          .check_every = number(4)};
  surplus::set_thread_count(1);
  std::vector<std::vector<double>> thetas;
  const std::clock_t begin = std::clock();
  const surplus::SparseNoiseFactors factors = surplus::factor_sparse_noise(j);
  for (const auto& y : ys) thetas.push_back(solve_sparse_noise(factors, y, config).theta);
  const double seconds = static_cast<double>(std::clock() - begin) / double{CLOCKS_PER_SEC};
  std::printf("{\"seconds\": %.9g, \"thetas\": [", seconds);
  for (std::size_t i = 0; i < thetas.size(); ++i) {
    for (std::size_t l = 0; l < thetas[i].size(); ++l) {
      std::printf("%s%.17g", i + l == 0 ? "" : ", ", thetas[i][l]);
    }
  }
  std::printf("]}\n");
}
