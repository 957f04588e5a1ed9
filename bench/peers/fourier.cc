// Our side of fourier.py: does what it sends and says how long that took, in processor time, on one
// thread.
//
// fourier product|features|solve float32|float64 N D < x (N x D), directions (N x D), phases (N), y
// (N x 10)
// Writes the seconds as text, then as doubles the first 8 products or features of each row, or alpha
// (N x 10), which solves (Z Z^T + N I) alpha = y.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/features/kernel_ridge.h"
#include "surplus/features/random_features.h"
#include "surplus/linalg/matmul.h"

namespace {

using surplus::Matrix;

template <typename T>
bool read(std::span<T> values) {
  return std::fread(values.data(), sizeof(T), values.size(), stdin) == values.size();
}

// What `what` asks for, of n samples of n features.
template <typename T>
Matrix<T> compute(std::string_view what, const Matrix<T>& x, const Matrix<T>& y,
                  const surplus::RandomFeatures<T>& features) {
  const std::size_t n = x.rows();
  Matrix<T> z(n, n);
  if (what == "product") {
    surplus::matmul(x.view(), features.directions.view(), z.view(), {.transpose_b = true});
  } else {
    surplus::random_features(features, x, 0, z);
  }
  if (what != "solve") return Matrix<T>(z.view().block(0, 0, n, 8));
  Matrix<T> k(n, n);
  surplus::gram(z.view(), k.view());
  return surplus::kernel_ridge(k, y, static_cast<double>(n)).alpha;
}

template <typename T>
int work(std::string_view what, std::size_t n, std::size_t d) {
  Matrix<T> x(n, d), y(n, 10);
  surplus::RandomFeatures<T> features{surplus::RandomFeature::kFourier, Matrix<T>(n, d),
                                      std::vector<T>(n)};
  if (!read(x.values()) || !read(features.directions.values()) ||
      !read(std::span(features.offsets)) || !read(y.values())) {
    return 2;
  }
  // Once before, so that the system has handed out memory, as it has to NumPy from its second repeat on.
  compute(what, x, y, features);
  const std::clock_t begin = std::clock();
  const Matrix<T> found = compute(what, x, y, features);
  const double seconds = static_cast<double>(std::clock() - begin) / double{CLOCKS_PER_SEC};
  std::printf("%.9g\n", seconds);
  const std::vector<double> doubles(found.values().begin(), found.values().end());
  std::fwrite(doubles.data(), sizeof(double), doubles.size(), stdout);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  surplus::set_thread_count(1);
  const std::size_t n = std::strtoull(arguments[3], nullptr, 10);
  const std::size_t d = std::strtoull(arguments[4], nullptr, 10);
  return std::string_view(arguments[2]) == "float32" ? work<float>(arguments[1], n, d)
                                                     : work<double>(arguments[1], n, d);
}
