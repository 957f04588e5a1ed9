/// Classification problems for the tests of linear classifiers.
#ifndef SURPLUS_TESTS_SUPPORT_LINEAR_PROBLEM_H_
#define SURPLUS_TESTS_SUPPORT_LINEAR_PROBLEM_H_

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"

namespace surplus::test {

struct LinearProblem {
  Matrix<double> x;
  std::vector<std::size_t> labels;
};

/// n normal rows around k means that lie `apart` times a normal draw from the origin.
inline LinearProblem linear_problem(std::size_t n, std::size_t d, std::size_t k, std::uint64_t seed,
                                    double apart = 1) {
  Rng rng(seed);
  Matrix<double> means(k, d);
  rng.fill_normal(means.values());
  LinearProblem problem{Matrix<double>(n, d), {}};
  rng.fill_normal(problem.x.values());
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t label = i % k;
    problem.labels.push_back(label);
    for (std::size_t j = 0; j < d; ++j) problem.x(i, j) += apart * means(label, j);
  }
  return problem;
}

/// The rows of x under a random linear map, which is invertible with probability 1.
inline Matrix<double> mapped(const Matrix<double>& x, std::uint64_t seed) {
  Rng rng(seed);
  Matrix<double> map(x.cols(), x.cols());
  rng.fill_normal(map.values());
  for (std::size_t j = 0; j < x.cols(); ++j) map(j, j) += 3;
  return matmul(x.view(), map.view());
}

inline auto says(const std::string& text) {
  return [text](const std::exception& error) {
    BOOST_TEST(error.what() == text);
    return error.what() == text;
  };
}

}  // namespace surplus::test

#endif  // SURPLUS_TESTS_SUPPORT_LINEAR_PROBLEM_H_
