/// What the matrix functions ask of their operands before LAPACK sees them, and say of their results.
#ifndef SURPLUS_LINALG_CHECKS_H_
#define SURPLUS_LINALG_CHECKS_H_

#include <string_view>

#include "surplus/core/matrix.h"

namespace surplus::detail {

/// Throws ArgumentError `function: a must be finite; got row i, column j, value v` at the first
/// NaN or infinity of a.
void require_finite(std::string_view function, std::string_view name, MatrixView<const float> a);
void require_finite(std::string_view function, std::string_view name, MatrixView<const double> a);

/// The same for the lower triangle of a square a, the strict upper one not being looked at.
void require_finite_lower(std::string_view function, std::string_view name,
                          MatrixView<const float> a);
void require_finite_lower(std::string_view function, std::string_view name,
                          MatrixView<const double> a);

/// Throws ShapeError `function: a must be square; got shape m x n` if a is not.
void require_square(std::string_view function, std::string_view name, Shape a);

/// Throws ShapeError if a size or the stride of a is 2^31 or more, which LAPACK cannot count.
void require_lapack_size(std::string_view function, std::string_view name, Shape a,
                         std::size_t stride);

/// ||A||_F, summed in double: what residuals and solutions are reported by.
double frobenius_norm(MatrixView<const float> a);
double frobenius_norm(MatrixView<const double> a);

}  // namespace surplus::detail

#endif  // SURPLUS_LINALG_CHECKS_H_
