#include "surplus/features/random_features.h"

#include <cmath>
#include <numbers>

#include "kernels/activation.h"
#include "surplus/core/errors.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

bool is_paired(RandomFeature kind) {
  return kind == RandomFeature::kFourierPairs || kind == RandomFeature::kFourierComplex;
}

// cos(t + phase) is what the kind says at even and odd j.
double phase_of(RandomFeature kind, std::size_t j) {
  if (j % 2 == 0) return 0;
  return kind == RandomFeature::kFourierPairs ? -std::numbers::pi / 2 : std::numbers::pi / 2;
}

}  // namespace

std::string_view to_text(RandomFeature kind) {
  switch (kind) {
    case RandomFeature::kFourier:
      return "fourier";
    case RandomFeature::kFourierPairs:
      return "fourier pairs";
    case RandomFeature::kFourierComplex:
      return "fourier complex";
    case RandomFeature::kRelu:
      break;
  }
  return "relu";
}

template <typename T>
RandomFeatures<T> draw_random_features(RandomFeature kind, std::size_t count, std::size_t d,
                                       double sigma, const Rng& rng) {
  const char* function = "draw_random_features";
  SURPLUS_REQUIRE(sigma > 0 && std::isfinite(sigma), ArgumentError, function,
                  "sigma must be positive and finite", "sigma", sigma);
  SURPLUS_REQUIRE(d >= 1, ArgumentError, function, "d must be at least 1", "d", d);
  SURPLUS_REQUIRE(!is_paired(kind) || count % 2 == 0, ArgumentError, function,
                  "count must be even for features in pairs", "count", count);
  RandomFeatures<T> features{kind, Matrix<T>(count, d), std::vector<T>(count)};
  const std::size_t step = is_paired(kind) ? 2 : 1;
  std::vector<double> direction(d);
  Rng directions = rng.split("directions"), offsets = rng.split("offsets");
  for (std::size_t j = 0; j < count; j += step) {
    directions.fill_normal(direction);
    for (std::size_t twin = j; twin < j + step; ++twin) {
      for (std::size_t l = 0; l < d; ++l) {
        features.directions(twin, l) = static_cast<T>(direction[l] / sigma);
      }
    }
    if (kind == RandomFeature::kFourier) {
      features.offsets[j] = static_cast<T>(2 * std::numbers::pi * offsets.uniform());
    } else if (kind == RandomFeature::kRelu) {
      features.offsets[j] = static_cast<T>(offsets.normal() / sigma);
    } else {
      features.offsets[j + 1] = static_cast<T>(phase_of(kind, j + 1));
    }
  }
  return features;
}

template <typename T>
RandomFeatures<T> imaginary_part(const RandomFeatures<T>& features) {
  SURPLUS_REQUIRE(features.kind == RandomFeature::kFourierComplex, ArgumentError, "imaginary_part",
                  "features must be fourier complex", "kind", to_text(features.kind));
  RandomFeatures<T> part = features;
  for (std::size_t j = 0; j < part.offsets.size(); ++j) {
    part.offsets[j] = static_cast<T>(j % 2 == 0 ? -std::numbers::pi / 2 : 0);
  }
  return part;
}

template <typename T>
void random_features(const RandomFeatures<T>& features, std::type_identity_t<MatrixView<const T>> x,
                     std::size_t first, std::type_identity_t<MatrixView<T>> out) {
  const std::size_t count = features.directions.rows(), d = features.directions.cols();
  const char* function = "random_features";
  SURPLUS_REQUIRE(x.cols() == d, ShapeError, function, "x must have a column per input", "x",
                  x.shape(), "inputs", d);
  SURPLUS_REQUIRE(out.rows() == x.rows(), ShapeError, function, "out must have a row per row of x",
                  "out", out.shape(), "x", x.shape());
  SURPLUS_REQUIRE(first <= count && out.cols() <= count - first, ShapeError, function,
                  "the features asked for must exist", "first", first, "asked for", out.cols(),
                  "features", count);
  const T scale = features.kind == RandomFeature::kFourierComplex ? T{1} : std::numbers::sqrt2_v<T>;
  const MatrixView<const T> v = features.directions.view().block(first, 0, out.cols(), d);
  // Cosines are taken of a piece of the product while it is in cache.
  matmul_in_pieces(x, v,
                   [&](std::size_t i, std::size_t j, MatrixView<const T> piece) {
                     const T* const offsets = features.offsets.data() + first + j;
                     T* const to = out.data() + i * out.stride() + j;
                     if (features.kind == RandomFeature::kRelu) {
                       kernels::bias_activation(kernels::Activation::kRelu, piece.rows(),
                                                piece.cols(), piece.data(), piece.stride(), offsets,
                                                to, out.stride());
                     } else {
                       kernels::fourier_features(piece.rows(), piece.cols(), piece.data(),
                                                 piece.stride(), offsets, scale, to, out.stride());
                     }
                   },
                   {.transpose_b = true});
}

template RandomFeatures<float> draw_random_features(RandomFeature, std::size_t, std::size_t, double,
                                                    const Rng&);
template RandomFeatures<double> draw_random_features(RandomFeature, std::size_t, std::size_t,
                                                     double, const Rng&);
template RandomFeatures<float> imaginary_part(const RandomFeatures<float>&);
template RandomFeatures<double> imaginary_part(const RandomFeatures<double>&);
template void random_features(const RandomFeatures<float>&, MatrixView<const float>, std::size_t,
                              MatrixView<float>);
template void random_features(const RandomFeatures<double>&, MatrixView<const double>, std::size_t,
                              MatrixView<double>);

}  // namespace surplus
