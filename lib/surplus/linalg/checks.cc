#include "surplus/linalg/checks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace surplus::detail {
namespace {

// x - x is 0 for a finite x and NaN for any other; NaN survives the sum.
template <typename T>
bool all_finite(std::span<const T> x) {
  T sums[8] = {};
  std::size_t j = 0;
  for (; j + 8 <= x.size(); j += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += x[j + lane] - x[j + lane];
  }
  for (; j < x.size(); ++j) sums[0] += x[j] - x[j];
  return std::all_of(std::begin(sums), std::end(sums), [](T sum) { return sum == 0; });
}

template <typename T>
void require_finite_row(std::string_view function, std::string_view name, std::size_t i,
                        std::span<const T> row) {
  if (all_finite(row)) return;
  const auto at = std::find_if(row.begin(), row.end(), [](T x) { return !std::isfinite(x); });
  throw ArgumentError(error_message(function, std::string(name) + " must be finite", "row", i,
                                    "column", static_cast<std::size_t>(at - row.begin()), "value",
                                    *at));
}

template <typename T>
void require_finite_rows(std::string_view function, std::string_view name, MatrixView<const T> a) {
  for (std::size_t i = 0; i < a.rows(); ++i) require_finite_row(function, name, i, a.row(i));
}

template <typename T>
void require_finite_triangle(std::string_view function, std::string_view name,
                             MatrixView<const T> a) {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    require_finite_row(function, name, i, a.row(i).first(i + 1));
  }
}

template <typename T>
double norm_of(MatrixView<const T> a) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (const T value : a.row(i)) {
      sum += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  return std::sqrt(sum);
}

}  // namespace

double frobenius_norm(MatrixView<const float> a) { return norm_of(a); }
double frobenius_norm(MatrixView<const double> a) { return norm_of(a); }

void require_finite(std::string_view function, std::string_view name, MatrixView<const float> a) {
  require_finite_rows(function, name, a);
}
void require_finite(std::string_view function, std::string_view name, MatrixView<const double> a) {
  require_finite_rows(function, name, a);
}

void require_finite_lower(std::string_view function, std::string_view name,
                          MatrixView<const float> a) {
  require_finite_triangle(function, name, a);
}
void require_finite_lower(std::string_view function, std::string_view name,
                          MatrixView<const double> a) {
  require_finite_triangle(function, name, a);
}

void require_square(std::string_view function, std::string_view name, Shape a) {
  SURPLUS_REQUIRE(a.rows == a.cols, ShapeError, function, std::string(name) + " must be square",
                  "shape", a);
}

void require_lapack_size(std::string_view function, std::string_view name, Shape a,
                         std::size_t stride) {
  constexpr std::size_t kLimit = std::numeric_limits<std::int32_t>::max();
  SURPLUS_REQUIRE(a.rows <= kLimit && a.cols <= kLimit && stride <= kLimit, ShapeError, function,
                  std::string(name) + " must have sizes and a stride below 2^31", "shape", a,
                  "stride", stride);
}

}  // namespace surplus::detail
