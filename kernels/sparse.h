/// Products of sparse matrices and batches of examples, and their derivatives.
///
/// A batch is kept in tiles of `width` examples, in which each feature is a row: element
/// (t * features + j, i) of the matrix is feature j of example t * width + i. So a non-zero weight
/// multiplies whole vectors, and a tile of all features stays in a cache while rows of weights
/// pass.
///
/// tiles, width   width is a multiple of kTileUnit
/// x, y           tiles * features rows of `width` elements, x_stride and y_stride elements apart
/// begin, end     rows of the sparse matrix: the others are neither read nor written, so that rows
///                can be shared among threads
/// Promises       each element is one sum in one order, whatever the range of rows and whatever
///                stands at other positions: explicit zeros among the values leave all bits but
///                those of a zero's sign as they are if x is finite; NaN and infinities pass
///                through; no allocation
#ifndef SURPLUS_KERNELS_SPARSE_H_
#define SURPLUS_KERNELS_SPARSE_H_

#include <cstddef>
#include <cstdint>

namespace surplus::kernels {

/// Where the non-zeros of a matrix stand, row by row (CSR: end = start + 1), or of a part of it that
/// has some of each row's. That of the transposed matrix is the matrix column by column (CSC).
struct SparseRows {
  std::size_t rows, cols;
  const std::uint32_t *start, *end;  ///< row r has the non-zeros start[r] .. end[r] - 1
  const std::uint32_t* col;          ///< of each non-zero, ascending within a row
};

inline constexpr std::size_t kTileUnit = 16;

/// y = f(W x + bias) for rows begin .. end - 1 of W, f the identity or, if `relu`, max(z, 0).
///
/// w, values  W: positions, and the values of all non-zeros
/// x, y       tiles of w.cols and of w.rows features; no overlap
/// bias       w.rows elements, or null for zeros
/// Error      (l + 1) eps (|W| |x| + |bias|), l the non-zeros of the row
/// Cost       2 tiles width flops per non-zero: a chain of fused multiply-adds from the bias on,
///            columns ascending
void spmm(const SparseRows& w, const float* values, std::size_t begin, std::size_t end,
          std::size_t tiles, std::size_t width, const float* x, std::size_t x_stride,
          const float* bias, bool relu, float* y, std::size_t y_stride);
void spmm(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
          std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
          const double* bias, bool relu, double* y, std::size_t y_stride);

/// y = f(y + W x), operands as above; the chain starts at y. So parts of W that have some columns
/// each may follow each other, the first one by spmm(), and give the bits of the whole.
void spmm_add(const SparseRows& w, const float* values, std::size_t begin, std::size_t end,
              std::size_t tiles, std::size_t width, const float* x, std::size_t x_stride, bool relu,
              float* y, std::size_t y_stride);
void spmm_add(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
              std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
              bool relu, double* y, std::size_t y_stride);

/// Sampled dense-dense product, the gradient of the values of spmm(): for each non-zero k of rows
/// begin .. end - 1, with row r and column c,
///   d_values[k - first] = sum over examples of d_y[r] x[c],
/// added to what is there if `add`.
///
/// d_y, x     tiles of w.rows and of w.cols features
/// Error      (tiles width + 1) eps times the sum of the magnitudes of the terms
/// Cost       as spmm(); sums of lanes for several non-zeros at once, in one tree for all non-zeros
/// Promises   no other position is computed
void sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
           std::size_t width, const float* d_y, std::size_t d_y_stride, const float* x,
           std::size_t x_stride, bool add, std::size_t first, float* d_values);
void sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
           std::size_t width, const double* d_y, std::size_t d_y_stride, const double* x,
           std::size_t x_stride, bool add, std::size_t first, double* d_values);

/// Tile 0 of `width` examples from n <= width rows of d features, zeros where there is no example.
///
/// x          n x d, rows x_stride elements apart
/// y          d x width, as above; no overlap
void to_tile(std::size_t n, std::size_t d, std::size_t width, const float* x, std::size_t x_stride,
             float* y, std::size_t y_stride);
void to_tile(std::size_t n, std::size_t d, std::size_t width, const double* x, std::size_t x_stride,
             double* y, std::size_t y_stride);

/// And back, the rest of the tile being ignored; added to what is there if `add`.
///
/// x          d x width; only n <= width columns are read
/// y          n x d
void from_tile(std::size_t n, std::size_t d, const float* x, std::size_t x_stride, bool add,
               float* y, std::size_t y_stride);
void from_tile(std::size_t n, std::size_t d, const double* x, std::size_t x_stride, bool add,
               double* y, std::size_t y_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_SPARSE_H_
