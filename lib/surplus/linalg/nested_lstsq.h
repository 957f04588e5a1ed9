/// Least squares on the first N columns of a matrix for many N, with the work shared among them.
#ifndef SURPLUS_LINALG_NESTED_LSTSQ_H_
#define SURPLUS_LINALG_NESTED_LSTSQ_H_

#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/linalg/lstsq.h"

namespace surplus {

/// Writes columns first, first + 1, ... of A, as many as `columns` has, always the same ones: what is
/// too large for memory is asked for twice.
template <typename T>
using ColumnBlock = std::function<void(std::size_t first, MatrixView<T> columns)>;

/// lstsq() on the first N columns of A, of least norm, for each N of `counts`.
///
/// Up to N = m from one Cholesky factor of A^T A, which grows with N, with two corrections by the
/// residual; beyond it from A A^T, to which columns are added, one factor for each N. Where a
/// product is not positive definite in working precision, the N takes LstsqMethod::kPivotedQr with
/// its default cutoff, and says so by its rank. singular_values stay empty.
///
/// columns  of A, m x (largest count)
/// b        m x k
/// counts   strictly increasing, each at least 1
/// Returns  one result per count, `x` being N x k
/// Throws   as lstsq(); ArgumentError if the counts are not increasing
/// Error    as kGram; beyond N = m, where there are no corrections, X is known to about
///          m eps condition^2, relatively, and `residual` says how far it is from interpolating
/// Cost     p = min(m, largest count): p^2 m + p^3 / 3 flops up to N = m, then m^2 a column and
///          m^3 / 3 a count; a block of 512 columns and two p x m matrices of memory besides the result
/// Promises the bits do not depend on the number of threads
template <typename T>
std::vector<Lstsq<T>> nested_lstsq(const ColumnBlock<T>& columns,
                                   std::type_identity_t<MatrixView<const T>> b,
                                   std::span<const std::size_t> counts);

/// The same for a matrix in memory.
/// Throws   ArgumentError also if the largest count exceeds its columns
template <typename T>
std::vector<Lstsq<T>> nested_lstsq(MatrixView<const T> a,
                                   std::type_identity_t<MatrixView<const T>> b,
                                   std::span<const std::size_t> counts);

}  // namespace surplus

#endif  // SURPLUS_LINALG_NESTED_LSTSQ_H_
