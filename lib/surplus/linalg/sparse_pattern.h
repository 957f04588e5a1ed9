/// Where a sparse matrix has its non-zeros. Their values are a vector beside it.
#ifndef SURPLUS_LINALG_SPARSE_PATTERN_H_
#define SURPLUS_LINALG_SPARSE_PATTERN_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// The places of a rows x cols matrix that hold something, seen row by row (CSR) and column by
/// column (CSC). They are numbered row by row, columns ascending: element k of a vector of values
/// is that of place k. Never changes once it is made.
class SparsePattern {
 public:
  /// 0 x 0.
  SparsePattern() : row_start_{0}, col_start_{0} {}

  /// positions  row * cols + column of each place, ascending
  /// Throws     ShapeError if the matrix has more than 2^32 - 2 elements; ArgumentError if
  ///            positions do not ascend below their number
  /// Cost       O(rows + cols + positions)
  SparsePattern(Shape shape, std::span<const std::uint32_t> positions);

  /// All places of a matrix.
  static SparsePattern full(Shape shape);
  /// Those at which `dense` is not 0.
  template <typename T>
  static SparsePattern of_dense(MatrixView<const T> dense);

  Shape shape() const { return shape_; }
  std::size_t rows() const { return shape_.rows; }
  std::size_t cols() const { return shape_.cols; }
  /// The number of places.
  std::size_t size() const { return col_.size(); }
  /// Their share of the matrix; 0 if it has no elements.
  double density() const;
  /// What they take: 12 bytes each, and 4 for each row and column and their parts.
  std::size_t bytes() const;
  /// As given to the constructor.
  std::vector<std::uint32_t> positions() const;

  /// Row r has the places row_start[r] .. row_start[r + 1] - 1; and the column of each.
  std::span<const std::uint32_t> row_start() const { return row_start_; }
  std::span<const std::uint32_t> col() const { return col_; }
  /// Column c has the entries col_start[c] .. col_start[c + 1] - 1 of row() and number(), rows
  /// ascending: the row of a place, and its number.
  std::span<const std::uint32_t> col_start() const { return col_start_; }
  std::span<const std::uint32_t> row() const { return row_; }
  std::span<const std::uint32_t> number() const { return number_; }

  /// Rows in parts, and columns: products go through all rows of a part before the next, so that
  /// what these read stays in a cache. A part has the same columns of all rows, or rows of all columns.
  std::size_t row_parts() const { return 1 + row_cuts_.size() / std::max<std::size_t>(1, rows()); }
  std::size_t col_parts() const { return 1 + col_cuts_.size() / std::max<std::size_t>(1, cols()); }
  /// Part p of row r has the places begin[r] .. end[r] - 1; and part p of column c those entries.
  struct Part {
    const std::uint32_t *begin, *end;
  };
  Part row_part(std::size_t p) const { return part(p, rows(), row_start_, row_cuts_); }
  Part col_part(std::size_t p) const { return part(p, cols(), col_start_, col_cuts_); }

  friend bool operator==(const SparsePattern& a, const SparsePattern& b) {
    return a.shape_ == b.shape_ && a.row_start_ == b.row_start_ && a.col_ == b.col_;
  }

 private:
  Shape shape_;
  using Numbers = std::vector<std::uint32_t>;
  static Part part(std::size_t p, std::size_t rows, const Numbers& start, const Numbers& cuts) {
    const std::size_t at = p * rows;
    return {p == 0 ? start.data() : cuts.data() + (at - rows),
            at == cuts.size() ? start.data() + 1 : cuts.data() + at};
  }

  Numbers row_start_, col_, col_start_, row_, number_;
  Numbers row_cuts_, col_cuts_;  // where part 1 of each row begins, part 2 of each, ...
};

/// The matrix of these values, 0 elsewhere; and the values of a matrix at these places.
///
/// Throws   ShapeError if there is not one value per place, or `dense` has another shape
template <typename T>
Matrix<T> to_dense(const SparsePattern& pattern, std::span<const T> values);
template <typename T>
std::vector<T> values_at(const SparsePattern& pattern, MatrixView<const T> dense);

/// values[number()[k]] for all k: the values column by column.
///
/// by_column  as many elements, overwritten; no overlap
/// Throws   ShapeError if there is not one value per place
template <typename T>
void order_by_column(const SparsePattern& pattern, std::span<const T> values,
                     std::span<T> by_column);

}  // namespace surplus

#endif  // SURPLUS_LINALG_SPARSE_PATTERN_H_
