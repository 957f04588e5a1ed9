/// Norms of weights, each by the reduction that its name says, in double whatever the type.
///
/// A difference W - W0 is taken in double before it is reduced: late in the training of a wide
/// network it is small beside W.
#ifndef SURPLUS_THEORY_NORMS_H_
#define SURPLUS_THEORY_NORMS_H_

#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// (sum_i |x_i|^p)^(1/p), or max_i |x_i| for an infinite p; 0 without elements.
///
/// Throws  ArgumentError if p < 1 or p is NaN
/// Error   (n + 4) eps ||x||_p, n elements, as long as no power overflows
double vector_norm(std::span<const double> x, double p);

/// The l_p norm of each row, or column, of W; or of W - W0.
///
/// w, w0   m x n
/// Returns m norms, or n
/// Throws  ArgumentError as vector_norm(); ShapeError if w0 has another shape than w
std::vector<double> row_norms(MatrixView<const float> w, double p = 2);
std::vector<double> row_norms(MatrixView<const double> w, double p = 2);
std::vector<double> column_norms(MatrixView<const float> w, double p = 2);
std::vector<double> column_norms(MatrixView<const double> w, double p = 2);
std::vector<double> row_distances(MatrixView<const float> w, MatrixView<const float> w0,
                                  double p = 2);
std::vector<double> row_distances(MatrixView<const double> w, MatrixView<const double> w0,
                                  double p = 2);
std::vector<double> column_distances(MatrixView<const float> w, MatrixView<const float> w0,
                                     double p = 2);
std::vector<double> column_distances(MatrixView<const double> w, MatrixView<const double> w0,
                                     double p = 2);

/// The angle between row i of W and row i of W0, in [0, pi]; NaN if one of them is zero.
///
/// Throws  ShapeError if w0 has another shape than w
/// Error   (n + 8) eps absolute
/// Source  Kahan (2006), How futile are mindless assessments of roundoff in floating-point
///         computation, section 12
std::vector<double> row_angles(MatrixView<const float> w, MatrixView<const float> w0);
std::vector<double> row_angles(MatrixView<const double> w, MatrixView<const double> w0);

}  // namespace surplus

#endif  // SURPLUS_THEORY_NORMS_H_
