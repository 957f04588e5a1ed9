#include "surplus/data/scale.h"

#include <algorithm>
#include <cmath>

namespace surplus {
namespace {

// Adds term(j, x[i, j]) to sums[j] over all rows.
template <typename T, typename Term>
std::vector<double> column_sums(MatrixView<const T> x, const Term& term) {
  std::vector<double> sums(x.cols());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const T* row = x.row(i).data();
    for (std::size_t j = 0; j < x.cols(); ++j) sums[j] += term(j, static_cast<double>(row[j]));
  }
  return sums;
}

template <typename T>
Scaling fit(MatrixView<const T> x) {
  SURPLUS_REQUIRE(x.rows() > 0, ArgumentError, "fit_scaling", "x must have a row", "x", x.shape());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      SURPLUS_REQUIRE(std::isfinite(x(i, j)), ArgumentError, "fit_scaling", "x must be finite",
                      "row", i, "column", j, "value", x(i, j));
    }
  }
  // Sums of differences from the first row: they are exactly zero where the column is constant, and
  // do not lose the digits that a large common offset would take.
  const auto n = static_cast<double>(x.rows());
  const auto first = [&](std::size_t j) { return static_cast<double>(x(0, j)); };
  Scaling scaling;
  scaling.means =
      column_sums(x, [&](std::size_t j, double value) { return (value - first(j)) / n; });
  for (std::size_t j = 0; j < x.cols(); ++j) scaling.means[j] += first(j);
  scaling.scales = column_sums(x, [&](std::size_t j, double value) {
    const double difference = value - scaling.means[j];
    return difference * difference / n;
  });
  for (double& scale : scaling.scales) scale = scale > 0 ? std::sqrt(scale) : 1;
  return scaling;
}

template <typename T>
Matrix<T> apply(MatrixView<const T> x, const Scaling& scaling) {
  SURPLUS_REQUIRE(scaling.means.size() == x.cols() && scaling.scales.size() == x.cols(), ShapeError,
                  "standardize", "x must have the features of the scaling", "x", x.shape(), "means",
                  scaling.means.size(), "scales", scaling.scales.size());
  Matrix<T> out(x.rows(), x.cols());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      out(i, j) =
          static_cast<T>((static_cast<double>(x(i, j)) - scaling.means[j]) / scaling.scales[j]);
    }
  }
  return out;
}

}  // namespace

Scaling fit_scaling(MatrixView<const float> x) { return fit(x); }
Scaling fit_scaling(MatrixView<const double> x) { return fit(x); }

Matrix<float> standardize(MatrixView<const float> x, const Scaling& scaling) {
  return apply(x, scaling);
}
Matrix<double> standardize(MatrixView<const double> x, const Scaling& scaling) {
  return apply(x, scaling);
}

}  // namespace surplus
