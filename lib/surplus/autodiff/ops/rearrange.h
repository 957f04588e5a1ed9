/// Parts, joins, transposes and other shapes: elements that change their place.
///
/// In one file because each is a copy there and a sum on the way back.
#ifndef SURPLUS_AUTODIFF_OPS_REARRANGE_H_
#define SURPLUS_AUTODIFF_OPS_REARRANGE_H_

#include <cstddef>
#include <span>
#include <type_traits>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// y = x^T.
template <typename T>
Var<T> transpose(const Var<T>& x);

/// y = the rows x cols elements of x from (row, col) on.
/// Throws   ShapeError if they reach outside
template <typename T>
Var<T> slice(const Var<T>& x, std::size_t row, std::size_t col, std::size_t rows, std::size_t cols);

/// The elements of x, row after row, as the rows of y: images whose rows are pixels as rows that are
/// images, (line, column, channel).
/// Throws   ShapeError if x does not have rows cols elements
template <typename T>
Var<T> reshape(const Var<T>& x, std::size_t rows, std::size_t cols);

/// The parts below one another, or side by side.
/// Throws   ArgumentError if there is no part; ShapeError if they are not equally wide, or high
template <typename T>
Var<T> concat_rows(std::span<const Var<T>> parts);
template <typename T>
Var<T> concat_columns(std::span<const Var<T>> parts);

/// y[i, j] = x[indices[i], j]; a row may be taken often.
///
/// indices  each below the rows of x; copied
/// Throws   ArgumentError otherwise
template <typename T>
Var<T> gather_rows(const Var<T>& x, std::span<const std::size_t> indices);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_REARRANGE_H_
