#include "surplus/theory/two_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "surplus/core/parallel.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/spectral_norm.h"
#include "surplus/theory/norms.h"

namespace surplus {
namespace {

double largest(const std::vector<double>& x) { return *std::max_element(x.begin(), x.end()); }

template <typename T>
TwoLayerNorms norms_of(const TwoLayerWeights<T>& net, const TwoLayerWeights<T>& start) {
  const MatrixView<const T>&u = net.u, &v = net.v;
  SURPLUS_REQUIRE(!u.empty() && !v.empty() && v.cols() == u.rows(), ShapeError, "two_layer_norms",
                  "v must have a column for each row of u, and neither be empty", "u", u.shape(),
                  "v", v.shape());
  SURPLUS_REQUIRE(start.u.shape() == u.shape() && start.v.shape() == v.shape(), ShapeError,
                  "two_layer_norms", "the start must have the shapes of the network", "u",
                  u.shape(), "v", v.shape(), "start u", start.u.shape(), "start v",
                  start.v.shape());
  TwoLayerNorms norms;
  norms.inputs = u.cols();
  norms.hidden = u.rows();
  norms.classes = v.rows();
  norms.u_spectral = spectral_norm(u).value;
  norms.v_spectral = spectral_norm(v).value;
  norms.u_start_spectral = spectral_norm(start.u).value;
  norms.unit_impact = column_norms(v);
  norms.unit_capacity = row_distances(u, start.u);
  norms.unit_angles = row_angles(u, start.u);
  norms.u_frobenius = vector_norm(row_norms(u), 2);
  norms.v_frobenius = vector_norm(norms.unit_impact, 2);
  norms.u_distance = vector_norm(norms.unit_capacity, 2);
  const std::vector<double> v_distances = row_distances(v, start.v);
  norms.v_distance = vector_norm(v_distances, 2);
  // The other three were looked at on the way.
  SURPLUS_REQUIRE(std::isfinite(norms.v_distance), ArgumentError, "two_layer_norms",
                  "start v must be finite", "distance", norms.v_distance);
  norms.u_max_row_l1 = largest(row_norms(u, 1));
  norms.v_max_row_l1 = largest(row_norms(v, 1));
  norms.u_row_distances = vector_norm(norms.unit_capacity, 1);
  norms.v_row_distances = vector_norm(v_distances, 1);
  return norms;
}

// Square of the magnitude and of the value itself, of the entry in which each is largest.
struct Extremes {
  double magnitude = 0, value = 0;
};

template <typename T>
Extremes extremes(MatrixView<const T> x, std::size_t begin, std::size_t end) {
  double magnitude = 0, value = -std::numeric_limits<double>::infinity();
  for (std::size_t i = begin; i < end; ++i) {
    for (const T entry : x.row(i)) {
      magnitude = std::max(magnitude, std::abs(static_cast<double>(entry)));
      value = std::max(value, static_cast<double>(entry));
    }
  }
  return {magnitude * magnitude, value * value};
}

template <typename T>
TwoLayerData data_of(MatrixView<const T> x, MatrixView<const T> u0, std::span<const T> b0,
                     std::size_t batch) {
  const std::size_t n = x.rows(), h = u0.rows();
  SURPLUS_REQUIRE(x.cols() == u0.cols() && x.cols() > 0 && h > 0, ShapeError, "two_layer_data",
                  "u0 must have a column for each feature of x, and neither be empty", "x",
                  x.shape(), "u0", u0.shape());
  SURPLUS_REQUIRE(b0.empty() || b0.size() == h, ShapeError, "two_layer_data",
                  "b0 must have a bias for each row of u0", "b0", b0.size(), "u0", u0.shape());
  SURPLUS_REQUIRE(n >= 1 && batch >= 1, ArgumentError, "two_layer_data",
                  "there must be a sample, and one in a batch", "x", x.shape(), "batch", batch);
  TwoLayerData data;
  data.samples = n;
  const double share = 1 / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    double square = 0;
    for (const T entry : x.row(i))
      square += static_cast<double>(entry) * static_cast<double>(entry);
    SURPLUS_REQUIRE(std::isfinite(square), ArgumentError, "two_layer_data", "x must be finite",
                    "row", i);
    data.mean_square += square * share;
    data.max_square = std::max(data.max_square, square);
  }
  for (std::size_t begin = 0; begin < n; begin += batch) {
    const Extremes found = extremes(x, begin, std::min(n, begin + batch));
    data.max_entry_square = std::max(data.max_entry_square, found.magnitude);
    data.batch_entry_square += found.value * share;
  }
  // Blocks of samples small enough that their hidden values stay in memory of a few MiB.
  constexpr std::size_t kValues = std::size_t{1} << 19;
  const std::size_t rows = std::clamp<std::size_t>(kValues / h, 1, n);
  std::vector<double> squares(h);
  Matrix<T> hidden(rows, h);
  for (std::size_t begin = 0; begin < n; begin += rows) {
    const std::size_t count = std::min(rows, n - begin);
    const MatrixView<T> block = hidden.view().block(0, 0, count, h);
    matmul(x.block(begin, 0, count, x.cols()), u0, block, {.transpose_b = true});
    for (std::size_t i = 0; i < count; ++i) {
      double active = 0;
      for (std::size_t j = 0; j < h; ++j) {
        const auto value = static_cast<double>(block(i, j));
        squares[j] += value * value;
        const double biased = value + (b0.empty() ? 0 : static_cast<double>(b0[j]));
        if (biased > 0) active += biased * biased;
      }
      data.mean_active_square += active * share;
    }
  }
  for (const double square : squares) {
    SURPLUS_REQUIRE(std::isfinite(square), ArgumentError, "two_layer_data", "u0 must be finite",
                    "u0", u0.shape());
    data.mean_hidden_square += square * share;
    data.hidden_norms.push_back(std::sqrt(square));
  }
  return data;
}

}  // namespace

TwoLayerNorms two_layer_norms(const TwoLayerWeights<float>& net,
                              const TwoLayerWeights<float>& start) {
  return norms_of(net, start);
}
TwoLayerNorms two_layer_norms(const TwoLayerWeights<double>& net,
                              const TwoLayerWeights<double>& start) {
  return norms_of(net, start);
}

TwoLayerData two_layer_data(MatrixView<const float> x, MatrixView<const float> u0,
                            std::span<const float> b0, std::size_t batch) {
  return data_of(x, u0, b0, batch);
}
TwoLayerData two_layer_data(MatrixView<const double> x, MatrixView<const double> u0,
                            std::span<const double> b0, std::size_t batch) {
  return data_of(x, u0, b0, batch);
}

CapacityMeasures capacity_measures(const TwoLayerNorms& norms, BoundVariant variant) {
  const bool code = variant == BoundVariant::kCode;
  const auto h = static_cast<double>(norms.hidden);
  CapacityMeasures measures;
  measures.parameters =
      static_cast<double>(code ? norms.parameters() : norms.inputs * norms.hidden);
  measures.max_row_l1 = norms.u_max_row_l1 * norms.v_max_row_l1;
  measures.frobenius = norms.u_frobenius * norms.v_frobenius;
  measures.spectral_l1_terms = {norms.u_spectral * norms.v_row_distances,
                                norms.v_spectral * norms.u_row_distances};
  const double classes = code ? std::sqrt(static_cast<double>(norms.classes)) : 1;
  measures.spectral_frobenius_terms = {norms.u_spectral * norms.v_distance * classes,
                                       norms.v_spectral * norms.u_distance * std::sqrt(h)};
  measures.unit_wise_terms = {norms.u_start_spectral * norms.v_frobenius,
                              norms.u_distance * norms.v_frobenius};
  const auto sum = [](const std::array<double, 2>& terms) { return terms[0] + terms[1]; };
  measures.spectral_l1 = sum(measures.spectral_l1_terms);
  measures.spectral_frobenius = sum(measures.spectral_frobenius_terms);
  measures.unit_wise = sum(measures.unit_wise_terms) + (code ? 0 : std::sqrt(h));
  return measures;
}

double scaled_unit_norm(std::span<const double> units, double p) {
  SURPLUS_REQUIRE(p >= 2, ArgumentError, "scaled_unit_norm", "p must be at least 2", "p", p);
  return std::pow(static_cast<double>(units.size()), 0.5 - 1 / p) * vector_norm(units, p);
}

}  // namespace surplus
