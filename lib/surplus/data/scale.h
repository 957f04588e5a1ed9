/// Features brought to mean 0 and standard deviation 1.
#ifndef SURPLUS_DATA_SCALE_H_
#define SURPLUS_DATA_SCALE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// What each of d features is moved and divided by.
struct Scaling {
  std::vector<double> means;   ///< d
  std::vector<double> scales;  ///< d, positive
};

/// The means and standard deviations (with n, not n - 1, as scikit-learn) of the columns of x. A
/// constant column gets the scale 1, so that standardising turns it into zeros.
///
/// x       n x d, n >= 1
/// Throws  ArgumentError if x has no row, or at a NaN or an infinity
/// Error   (n + 4) eps (max - min) + eps |mean|, of the column, in both; eps of double
/// Cost    three passes over x; accumulates in double
Scaling fit_scaling(MatrixView<const float> x);
Scaling fit_scaling(MatrixView<const double> x);

/// The same for images of several channels, rows of one channel after the other: the mean and the
/// standard deviation of all pixels of a channel, for each of its features.
///
/// x       n x d, n >= 1
/// channels  divides d
/// Throws  as fit_scaling(); ArgumentError if channels does not divide d
/// Error   as fit_scaling(), with n d / channels for n
Scaling fit_channel_scaling(MatrixView<const float> x, std::size_t channels);
Scaling fit_channel_scaling(MatrixView<const double> x, std::size_t channels);

/// The scaling of images whose channels have `pixels` values each, by means and scales that are
/// known, one for each channel.
///
/// Throws  ShapeError if there are not as many scales as means; ArgumentError if a mean is not
///         finite or a scale not positive and finite
Scaling channel_scaling(std::span<const double> means, std::span<const double> scales,
                        std::size_t pixels);

/// (x[i, j] - means[j]) / scales[j], computed in double: with a scaling fitted to training data,
/// for these and for all later data.
///
/// Throws  ShapeError if x has not the features of the scaling
Matrix<float> standardize(MatrixView<const float> x, const Scaling& scaling);
Matrix<double> standardize(MatrixView<const double> x, const Scaling& scaling);

/// The same into out.
///
/// out     n x d; may be x itself, no other overlap
/// Throws  ShapeError also if out has another shape than x
void standardize(MatrixView<const float> x, const Scaling& scaling, MatrixView<float> out);
void standardize(MatrixView<const double> x, const Scaling& scaling, MatrixView<double> out);

}  // namespace surplus

#endif  // SURPLUS_DATA_SCALE_H_
