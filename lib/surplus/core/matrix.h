/// Matrix owns, MatrixView looks: dense, row-major, float or double.
#ifndef SURPLUS_CORE_MATRIX_H_
#define SURPLUS_CORE_MATRIX_H_

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/core/memory.h"

namespace surplus {

struct Shape {
  std::size_t rows = 0;
  std::size_t cols = 0;
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// "3 x 4", as error messages show it.
inline std::string to_text(const Shape& shape) {
  return to_text(shape.rows) + " x " + to_text(shape.cols);
}

/// A window on somebody else's row-major memory: pointer, shape and row stride, passed by value.
/// `T` is const for a read-only window. Element access is unchecked outside debug builds.
template <typename T>
class MatrixView {
 public:
  MatrixView() = default;

  /// rows x cols elements at `data`, rows `stride` elements apart.
  /// Throws ShapeError if stride < cols.
  MatrixView(T* data, std::size_t rows, std::size_t cols, std::size_t stride)
      : data_(data), shape_{rows, cols}, stride_(stride) {
    SURPLUS_REQUIRE(stride >= cols || rows <= 1, ShapeError, "MatrixView",
                    "stride must be at least the number of columns", "stride", stride, "columns",
                    cols);
  }
  MatrixView(T* data, std::size_t rows, std::size_t cols)
      : data_(data), shape_{rows, cols}, stride_(cols) {}

  /// A window for writing is also one for reading.
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data_, shape_.rows, shape_.cols, stride_};
  }

  T* data() const { return data_; }
  Shape shape() const { return shape_; }
  std::size_t rows() const { return shape_.rows; }
  std::size_t cols() const { return shape_.cols; }
  std::size_t stride() const { return stride_; }
  bool empty() const { return shape_.rows == 0 || shape_.cols == 0; }
  bool is_contiguous() const { return stride_ == shape_.cols || shape_.rows <= 1; }

  T& operator()(std::size_t i, std::size_t j) const {
    SURPLUS_ASSERT(i < shape_.rows && j < shape_.cols);
    return data_[i * stride_ + j];
  }
  std::span<T> row(std::size_t i) const {
    SURPLUS_ASSERT(i < shape_.rows);
    return {data_ + i * stride_, shape_.cols};
  }

  /// rows x cols elements from (i, j) on. Throws ShapeError if they reach outside.
  MatrixView block(std::size_t i, std::size_t j, std::size_t rows, std::size_t cols) const {
    SURPLUS_REQUIRE(
        i <= shape_.rows && rows <= shape_.rows - i && j <= shape_.cols && cols <= shape_.cols - j,
        ShapeError, "MatrixView::block", "the block must lie inside the matrix", "row", i, "column",
        j, "block", (Shape{rows, cols}), "matrix", shape_);
    return {data_ + i * stride_ + j, rows, cols, stride_};
  }

 private:
  T* data_ = nullptr;
  Shape shape_;
  std::size_t stride_ = 0;
};

/// Owns rows x cols elements: row-major, contiguous, 64-byte aligned.
template <typename T>
class Matrix {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);

 public:
  Matrix() = default;

  /// Throws ShapeError if rows * cols elements cannot be addressed.
  Matrix(std::size_t rows, std::size_t cols, T value = T{}) : shape_{rows, cols} {
    SURPLUS_REQUIRE(
        cols == 0 || rows <= std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T) / cols,
        ShapeError, "Matrix", "the elements must fit into memory", "shape", shape_);
    if (!empty()) data_.reset(static_cast<T*>(allocate(size() * sizeof(T))));
    std::fill_n(data(), size(), value);
  }

  /// Throws ShapeError if the rows differ in length.
  Matrix(std::initializer_list<std::initializer_list<T>> rows)
      : Matrix(rows.size(), rows.size() == 0 ? 0 : rows.begin()->size()) {
    T* to = data();
    for (const auto& row : rows) {
      SURPLUS_REQUIRE(row.size() == shape_.cols, ShapeError, "Matrix",
                      "all rows must be equally long", "first", shape_.cols, "other", row.size());
      to = std::copy(row.begin(), row.end(), to);
    }
  }

  /// A copy of what the view shows.
  explicit Matrix(MatrixView<const T> from) : Matrix(from.rows(), from.cols()) {
    for (std::size_t i = 0; i < from.rows(); ++i) {
      std::copy_n(from.row(i).data(), from.cols(), data() + i * shape_.cols);
    }
  }

  Matrix(const Matrix& other) : Matrix(other.view()) {}
  Matrix(Matrix&& other) noexcept
      : data_(std::move(other.data_)), shape_(std::exchange(other.shape_, Shape{})) {}
  Matrix& operator=(Matrix other) noexcept {
    data_ = std::move(other.data_);
    shape_ = other.shape_;
    return *this;
  }
  ~Matrix() = default;

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  Shape shape() const { return shape_; }
  std::size_t rows() const { return shape_.rows; }
  std::size_t cols() const { return shape_.cols; }
  std::size_t size() const { return shape_.rows * shape_.cols; }
  bool empty() const { return size() == 0; }

  T& operator()(std::size_t i, std::size_t j) { return view()(i, j); }
  const T& operator()(std::size_t i, std::size_t j) const { return view()(i, j); }
  std::span<T> row(std::size_t i) { return view().row(i); }
  std::span<const T> row(std::size_t i) const { return view().row(i); }
  /// All elements, row after row.
  std::span<T> values() { return {data(), size()}; }
  std::span<const T> values() const { return {data(), size()}; }

  MatrixView<T> view() { return {data(), shape_.rows, shape_.cols}; }
  MatrixView<const T> view() const { return {data(), shape_.rows, shape_.cols}; }
  operator MatrixView<T>() { return view(); }
  operator MatrixView<const T>() const { return view(); }

  friend bool operator==(const Matrix& a, const Matrix& b) {
    return a.shape_ == b.shape_ && std::ranges::equal(a.values(), b.values());
  }

 private:
  std::unique_ptr<T[], Deallocate> data_;
  Shape shape_;
};

}  // namespace surplus

#endif  // SURPLUS_CORE_MATRIX_H_
