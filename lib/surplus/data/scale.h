/// Features brought to mean 0 and standard deviation 1.
#ifndef SURPLUS_DATA_SCALE_H_
#define SURPLUS_DATA_SCALE_H_

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

/// (x[i, j] - means[j]) / scales[j], computed in double: with a scaling fitted to training data,
/// for these and for all later data.
///
/// Throws  ShapeError if x has not the features of the scaling
Matrix<float> standardize(MatrixView<const float> x, const Scaling& scaling);
Matrix<double> standardize(MatrixView<const double> x, const Scaling& scaling);

}  // namespace surplus

#endif  // SURPLUS_DATA_SCALE_H_
