#include "surplus/data/scale.h"

#include <algorithm>
#include <cmath>
#include <string_view>

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
void require_data(std::string_view function, MatrixView<const T> x) {
  SURPLUS_REQUIRE(x.rows() > 0, ArgumentError, function, "x must have a row", "x", x.shape());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      SURPLUS_REQUIRE(std::isfinite(x(i, j)), ArgumentError, function, "x must be finite", "row", i,
                      "column", j, "value", x(i, j));
    }
  }
}

// Of groups of neighbouring columns, `columns` each.
template <typename T>
Scaling fit(MatrixView<const T> x, std::size_t columns) {
  // Sums of differences from the first row: they are exactly zero where the column is constant, and
  // do not lose the digits that a large common offset would take.
  const double n = static_cast<double>(x.rows()) * static_cast<double>(columns);
  const auto first = [&](std::size_t j) { return static_cast<double>(x(0, j - j % columns)); };
  const auto pool = [&](const std::vector<double>& sums) {
    std::vector<double> pooled(sums.size());
    for (std::size_t j = 0; j < sums.size(); ++j) pooled[j - j % columns] += sums[j];
    for (std::size_t j = 0; j < sums.size(); ++j) pooled[j] = pooled[j - j % columns];
    return pooled;
  };
  Scaling scaling;
  scaling.means =
      pool(column_sums(x, [&](std::size_t j, double value) { return (value - first(j)) / n; }));
  for (std::size_t j = 0; j < x.cols(); ++j) scaling.means[j] += first(j);
  scaling.scales = pool(column_sums(x, [&](std::size_t j, double value) {
    const double difference = value - scaling.means[j];
    return difference * difference / n;
  }));
  for (double& scale : scaling.scales) scale = scale > 0 ? std::sqrt(scale) : 1;
  return scaling;
}

template <typename T>
Scaling fit_features(MatrixView<const T> x) {
  require_data("fit_scaling", x);
  return fit(x, 1);
}

template <typename T>
Scaling fit_channels(MatrixView<const T> x, std::size_t channels) {
  SURPLUS_REQUIRE(channels >= 1 && x.cols() % channels == 0, ArgumentError, "fit_channel_scaling",
                  "channels must divide the number of features", "channels", channels, "x",
                  x.shape());
  require_data("fit_channel_scaling", x);
  return fit(x, std::max<std::size_t>(x.cols() / channels, 1));
}

template <typename T>
void apply(MatrixView<const T> x, const Scaling& scaling, MatrixView<T> out) {
  SURPLUS_REQUIRE(scaling.means.size() == x.cols() && scaling.scales.size() == x.cols(), ShapeError,
                  "standardize", "x must have the features of the scaling", "x", x.shape(), "means",
                  scaling.means.size(), "scales", scaling.scales.size());
  SURPLUS_REQUIRE(out.shape() == x.shape(), ShapeError, "standardize",
                  "out must have the shape of x", "out", out.shape(), "x", x.shape());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      out(i, j) =
          static_cast<T>((static_cast<double>(x(i, j)) - scaling.means[j]) / scaling.scales[j]);
    }
  }
}

template <typename T>
Matrix<T> applied(MatrixView<const T> x, const Scaling& scaling) {
  Matrix<T> out(x.rows(), x.cols());
  apply(x, scaling, out.view());
  return out;
}

}  // namespace

Scaling fit_scaling(MatrixView<const float> x) { return fit_features(x); }
Scaling fit_scaling(MatrixView<const double> x) { return fit_features(x); }

Scaling fit_channel_scaling(MatrixView<const float> x, std::size_t channels) {
  return fit_channels(x, channels);
}
Scaling fit_channel_scaling(MatrixView<const double> x, std::size_t channels) {
  return fit_channels(x, channels);
}

Scaling channel_scaling(std::span<const double> means, std::span<const double> scales,
                        std::size_t pixels) {
  SURPLUS_REQUIRE(means.size() == scales.size(), ShapeError, "channel_scaling",
                  "each channel must have a mean and a scale", "means", means.size(), "scales",
                  scales.size());
  Scaling scaling;
  for (std::size_t c = 0; c < means.size(); ++c) {
    SURPLUS_REQUIRE(std::isfinite(means[c]) && scales[c] > 0 && std::isfinite(scales[c]),
                    ArgumentError, "channel_scaling",
                    "a mean must be finite, a scale positive and finite", "channel", c, "mean",
                    means[c], "scale", scales[c]);
    scaling.means.insert(scaling.means.end(), pixels, means[c]);
    scaling.scales.insert(scaling.scales.end(), pixels, scales[c]);
  }
  return scaling;
}

Matrix<float> standardize(MatrixView<const float> x, const Scaling& scaling) {
  return applied(x, scaling);
}
Matrix<double> standardize(MatrixView<const double> x, const Scaling& scaling) {
  return applied(x, scaling);
}
void standardize(MatrixView<const float> x, const Scaling& scaling, MatrixView<float> out) {
  apply(x, scaling, out);
}
void standardize(MatrixView<const double> x, const Scaling& scaling, MatrixView<double> out) {
  apply(x, scaling, out);
}

}  // namespace surplus
