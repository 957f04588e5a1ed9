/// Products of sparse matrices and batches of examples.
///
/// A batch of n examples of d features is kept in tiles of `width` examples, in which each feature
/// is a row: a matrix of tiles * d rows and `width` columns, row t * d + j holding feature j of the
/// examples t * width .. (t + 1) * width - 1, with zeros after the last example. So a weight is
/// multiplied with whole vectors, and a tile of all features stays in a cache while the weights
/// pass.
///
/// The bits of all results do not depend on the number of threads: each element is one sum in one
/// order, columns ascending (kernels/sparse.h).
#ifndef SURPLUS_LINALG_SPARSE_MATMUL_H_
#define SURPLUS_LINALG_SPARSE_MATMUL_H_

#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>

#include "surplus/core/matrix.h"
#include "surplus/linalg/sparse_pattern.h"

namespace surplus {

/// The width of tiles is a multiple of this.
inline constexpr std::size_t kTileUnit = 16;

/// How wide the tiles of n examples had best be, for float and double.
template <typename T>
std::size_t tile_width(std::size_t n);

/// Tiles that n examples fill.
constexpr std::size_t tile_count(std::size_t n, std::size_t width) {
  return n / width + (n % width != 0 ? 1 : 0);
}

/// Rows into tiles, and back: y is added to if `add`, and what stands after the last example is not
/// read.
///
/// rows     n x d
/// tiles    tile_count(n, width) d x width
/// Throws   ShapeError if the shapes do not fit; ArgumentError if the width is not a positive
///          multiple of kTileUnit
template <typename T>
void rows_to_tiles(std::type_identity_t<MatrixView<const T>> rows, MatrixView<T> tiles);
template <typename T>
void tiles_to_rows(std::type_identity_t<MatrixView<const T>> tiles, MatrixView<T> rows,
                   bool add = false);

/// y = f(W x + bias), or y += W x.
template <typename T>
struct SparseProduct {
  std::span<const T> bias = {};  ///< an element per row of W, or none
  bool relu = false;             ///< f(z) = max(z, 0), else z
  bool add = false;              ///< to what y holds; then neither bias nor relu
};

/// values   of the non-zeros of W
/// x, y     as many tiles of W's columns and rows
/// Throws   ShapeError if the shapes do not fit; ArgumentError if W has no rows or columns, or for
///          the width as above
/// Cost     2 n flops per non-zero; the threads share rows of W by their non-zeros
template <typename T>
void sparse_matmul(const SparsePattern& w, std::type_identity_t<std::span<const T>> values,
                   std::type_identity_t<MatrixView<const T>> x, MatrixView<T> y,
                   const SparseProduct<std::type_identity_t<T>>& product = {});

/// y = W^T x, or y += W^T x.
///
/// by_column  the values as order_by_column() gives them
/// x, y     as many tiles of W's rows and columns
template <typename T>
void sparse_matmul_transposed(const SparsePattern& w,
                              std::type_identity_t<std::span<const T>> by_column,
                              std::type_identity_t<MatrixView<const T>> x, MatrixView<T> y,
                              bool add = false);

/// d_values[k] = the sum over examples of d_y[row k] x[column k], the gradient of sparse_matmul()
/// with respect to the values; or that is added. No other position is computed.
///
/// d_y, x   as many tiles of W's rows and columns
template <typename T>
void sampled_matmul(const SparsePattern& w, std::type_identity_t<MatrixView<const T>> d_y,
                    std::type_identity_t<MatrixView<const T>> x, std::span<T> d_values,
                    bool add = false);

/// The same in pieces: take(k, piece) gets elements from k on, from any of the threads and in any
/// order.
template <typename T>
void sampled_matmul_in_pieces(
    const SparsePattern& w, MatrixView<const T> d_y, std::type_identity_t<MatrixView<const T>> x,
    const std::function<void(std::size_t k, std::span<const T> piece)>& take);

}  // namespace surplus

#endif  // SURPLUS_LINALG_SPARSE_MATMUL_H_
