/// Random features: fixed random first layers, of which only the readout is fitted.
#ifndef SURPLUS_FEATURES_RANDOM_FEATURES_H_
#define SURPLUS_FEATURES_RANDOM_FEATURES_H_

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

/// What feature j of a sample x is, v being N(0, I / sigma^2). The mean of z_j(x) z_j(x') over many
/// Fourier features tends to the kernel exp(-||x - x'||^2 / (2 sigma^2)).
enum class RandomFeature {
  /// sqrt(2) cos(<v_j, x> + b_j), b_j uniform on [0, 2 pi)
  kFourier,
  /// sqrt(2) cos <v, x> at even j, sqrt(2) sin <v, x> at odd j, two of a frequency
  kFourierPairs,
  /// The real part of exp(i <v, x>) times one complex coefficient, whose parts are two features:
  /// cos <v, x> at even j, -sin <v, x> at odd j. With the rows of imaginary_part() below,
  /// real least squares is complex least squares
  kFourierComplex,
  /// max(<v_j, x> + b_j, 0), b_j normal as an element of v_j: one of (x, 1)
  kRelu,
};

/// "fourier", "fourier pairs", "fourier complex", "relu".
std::string_view to_text(RandomFeature kind);

template <typename T>
struct RandomFeatures {
  RandomFeature kind = RandomFeature::kFourier;
  Matrix<T> directions;    ///< count x d: v_j in row j
  std::vector<T> offsets;  ///< count: b_j, and the phases that make sines of cosines
};

/// Draws them. Of one stream, fewer features are the beginning of more, on any number of threads;
/// float ones are the double ones rounded.
///
/// count   of the features, even for kFourierPairs and kFourierComplex
/// d       of the samples
/// sigma   bandwidth, positive and finite: 1 / sqrt(2 gamma) of scikit-learn's RBFSampler, whose
///         features are those of kFourier over sqrt(count)
/// Throws  ArgumentError if the arguments are outside their domain
/// Source  Rahimi, Recht (2007), Random features for large-scale kernel machines
template <typename T>
RandomFeatures<T> draw_random_features(RandomFeature kind, std::size_t count, std::size_t d,
                                       double sigma, const Rng& rng);

/// Of kFourierComplex features, those of the imaginary part: sin <v, x> at even j, cos <v, x> at odd.
/// Throws  ArgumentError for another kind
template <typename T>
RandomFeatures<T> imaginary_part(const RandomFeatures<T>& features);

/// Features first, first + 1, ... of each row of x, as many as `out` has columns. They are not
/// divided by sqrt(count), so that they can be added to.
///
/// x       n x d
/// out     n x some; must not overlap x
/// Throws  ShapeError if shapes do not fit or there are not as many features
/// Error   d eps |x| |v| in the argument; of cosines see kernels, 4 eps sqrt(2)
/// Cost    2 n d flops a feature and about 32 for its cosine, on all threads
/// Promises the bits depend neither on the number of threads nor on how the features are divided
template <typename T>
void random_features(const RandomFeatures<T>& features, std::type_identity_t<MatrixView<const T>> x,
                     std::size_t first, std::type_identity_t<MatrixView<T>> out);

}  // namespace surplus

#endif  // SURPLUS_FEATURES_RANDOM_FEATURES_H_
