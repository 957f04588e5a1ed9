/// Matrices to test with, and the check of a message's whole text.
#ifndef SURPLUS_TESTS_SUPPORT_MATRICES_H_
#define SURPLUS_TESTS_SUPPORT_MATRICES_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus::tests {

/// For BOOST_CHECK_EXCEPTION: the whole text of the message is `text`.
inline auto says(const std::string& text) {
  return [text](const std::exception& e) { return e.what() == text; };
}

/// Reproducible numbers in [-1, 1).
template <typename T>
Matrix<T> random_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Matrix<T> a(rows, cols);
  std::uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (T& x : a.values()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = static_cast<T>(-1 + 2 * (static_cast<double>(state >> 11) * 0x1p-53));
  }
  return a;
}

/// A^T, A and B multiplied in double, whatever their type.
template <typename T>
Matrix<T> transpose(const Matrix<T>& a) {
  Matrix<T> t(a.cols(), a.rows());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) t(j, i) = a(i, j);
  }
  return t;
}
template <typename T>
Matrix<double> product(const Matrix<T>& a, const Matrix<T>& b) {
  Matrix<double> c(a.rows(), b.cols());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t l = 0; l < a.cols(); ++l) {
      for (std::size_t j = 0; j < b.cols(); ++j) {
        c(i, j) += static_cast<double>(a(i, l)) * static_cast<double>(b(l, j));
      }
    }
  }
  return c;
}

/// ||A||_F, and ||A - B||_F for equal shapes.
template <typename T>
double norm(const Matrix<T>& a) {
  double sum = 0;
  for (const T x : a.values()) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum);
}
template <typename A, typename B>
double distance(const Matrix<A>& a, const Matrix<B>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) {
      const double difference = static_cast<double>(a(i, j)) - static_cast<double>(b(i, j));
      sum += difference * difference;
    }
  }
  return std::sqrt(sum);
}

/// diag(values) A, the n x n identity.
template <typename T>
Matrix<T> scaled_rows(const std::vector<T>& values, Matrix<T> a) {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (T& x : a.row(i)) x *= values[i];
  }
  return a;
}
template <typename T>
Matrix<T> identity(std::size_t n) {
  Matrix<T> a(n, n);
  for (std::size_t i = 0; i < n; ++i) a(i, i) = 1;
  return a;
}

/// A symmetric positive definite n x n matrix: G G^T + I of random G, rounded to T.
template <typename T>
Matrix<T> spd_matrix(std::size_t n, std::uint64_t seed) {
  const Matrix<T> g = random_matrix<T>(n, n, seed);
  const Matrix<double> a = product(g, transpose(g));
  Matrix<T> spd(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) spd(i, j) = static_cast<T>(a(i, j) + (i == j ? 1 : 0));
  }
  return spd;
}

}  // namespace surplus::tests

#endif  // SURPLUS_TESTS_SUPPORT_MATRICES_H_
