#include "surplus/data/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace surplus {
namespace {

std::size_t test_size(const char* function, std::size_t n, double test_share) {
  SURPLUS_REQUIRE(n >= 2, ArgumentError, function, "n must be at least 2", "n", n);
  SURPLUS_REQUIRE(test_share > 0 && test_share < 1, ArgumentError, function,
                  "test_share must be between 0 and 1", "test_share", test_share);
  const double rounded = std::round(test_share * static_cast<double>(n));
  return std::clamp<std::size_t>(static_cast<std::size_t>(rounded), 1, n - 1);
}

template <typename T>
Matrix<T> take(MatrixView<const T> x, std::span<const std::size_t> rows) {
  Matrix<T> out(rows.size(), x.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SURPLUS_REQUIRE(rows[i] < x.rows(), ArgumentError, "take_rows",
                    "each row must be below the number of rows", "row", rows[i], "x", x.shape());
    std::copy_n(x.row(rows[i]).data(), x.cols(), out.row(i).data());
  }
  return out;
}

}  // namespace

Split split(std::size_t n, double test_share, Rng& rng) {
  const std::size_t test = test_size("split", n, test_share);
  std::vector<std::size_t> train = rng.permutation(n);
  Split result;
  result.test.assign(train.end() - static_cast<std::ptrdiff_t>(test), train.end());
  train.resize(n - test);
  result.train = std::move(train);
  return result;
}

Split stratified_split(std::span<const std::size_t> labels, double test_share, Rng& rng) {
  const std::size_t n = labels.size(), test = test_size("stratified_split", n, test_share);
  std::vector<std::size_t> known(labels.begin(), labels.end());
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  const auto class_of = [&](std::size_t row) {
    return static_cast<std::size_t>(std::lower_bound(known.begin(), known.end(), labels[row]) -
                                    known.begin());
  };
  const std::size_t classes = known.size();
  std::vector<std::size_t> sizes(classes), quota(classes), order(classes);
  for (std::size_t row = 0; row < n; ++row) ++sizes[class_of(row)];
  // Each class's part of the test is sizes[c] * test / n: a whole number of n-ths, so the fractions
  // are compared exactly.
  std::size_t given = 0;
  for (std::size_t c = 0; c < classes; ++c) given += quota[c] = sizes[c] * test / n;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return sizes[a] * test % n > sizes[b] * test % n;
  });
  for (std::size_t i = 0; given < test; ++i, ++given) ++quota[order[i]];
  Split result;
  for (const std::size_t row : rng.permutation(n)) {
    std::size_t& left = quota[class_of(row)];
    if (left > 0) {
      --left;
      result.test.push_back(row);
    } else {
      result.train.push_back(row);
    }
  }
  return result;
}

std::vector<std::size_t> random_subset(std::size_t n, std::size_t count, Rng& rng) {
  SURPLUS_REQUIRE(count <= n, ArgumentError, "random_subset", "count must be at most n", "count",
                  count, "n", n);
  std::vector<std::size_t> rows = rng.permutation(n);
  rows.resize(count);
  return rows;
}

Matrix<float> take_rows(MatrixView<const float> x, std::span<const std::size_t> rows) {
  return take(x, rows);
}
Matrix<double> take_rows(MatrixView<const double> x, std::span<const std::size_t> rows) {
  return take(x, rows);
}

}  // namespace surplus
