/// Products with a sparse matrix, position by position, summed in long double. `Rows` is the
/// kernel's SparseRows: rows, cols, start, end, col.
#ifndef SURPLUS_KERNELS_REFERENCE_SPARSE_H_
#define SURPLUS_KERNELS_REFERENCE_SPARSE_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename Rows, typename T>
void spmm(const Rows& w, const T* values, std::size_t begin, std::size_t end, std::size_t tiles,
          std::size_t width, const T* x, std::size_t x_stride, const T* bias, bool relu, T* y,
          std::size_t y_stride) {
  for (std::size_t t = 0; t < tiles; ++t) {
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t i = 0; i < width; ++i) {
        long double sum = bias == nullptr ? 0 : bias[r];
        for (std::size_t k = w.start[r]; k < w.end[r]; ++k) {
          sum += static_cast<long double>(values[k]) * x[(t * w.cols + w.col[k]) * x_stride + i];
        }
        y[(t * w.rows + r) * y_stride + i] = static_cast<T>(relu && sum < 0 ? 0 : sum);
      }
    }
  }
}

template <typename Rows, typename T>
void spmm_add(const Rows& w, const T* values, std::size_t begin, std::size_t end, std::size_t tiles,
              std::size_t width, const T* x, std::size_t x_stride, bool relu, T* y,
              std::size_t y_stride) {
  for (std::size_t t = 0; t < tiles; ++t) {
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t i = 0; i < width; ++i) {
        T& to = y[(t * w.rows + r) * y_stride + i];
        long double sum = to;
        for (std::size_t k = w.start[r]; k < w.end[r]; ++k) {
          sum += static_cast<long double>(values[k]) * x[(t * w.cols + w.col[k]) * x_stride + i];
        }
        to = static_cast<T>(relu && sum < 0 ? 0 : sum);
      }
    }
  }
}

template <typename Rows, typename T>
void sddmm(const Rows& w, std::size_t begin, std::size_t end, std::size_t tiles, std::size_t width,
           const T* d_y, std::size_t d_y_stride, const T* x, std::size_t x_stride, bool add,
           std::size_t first, T* d_values) {
  for (std::size_t r = begin; r < end; ++r) {
    for (std::size_t k = w.start[r]; k < w.end[r]; ++k) {
      T& to = d_values[k - first];
      long double sum = add ? to : 0;
      for (std::size_t t = 0; t < tiles; ++t) {
        for (std::size_t i = 0; i < width; ++i) {
          sum += static_cast<long double>(d_y[(t * w.rows + r) * d_y_stride + i]) *
                 x[(t * w.cols + w.col[k]) * x_stride + i];
        }
      }
      to = static_cast<T>(sum);
    }
  }
}

template <typename T>
void to_tile(std::size_t n, std::size_t d, std::size_t width, const T* x, std::size_t x_stride,
             T* y, std::size_t y_stride) {
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = 0; i < width; ++i) {
      y[j * y_stride + i] = i < n ? x[i * x_stride + j] : T{0};
    }
  }
}

template <typename T>
void from_tile(std::size_t n, std::size_t d, const T* x, std::size_t x_stride, bool add, T* y,
               std::size_t y_stride) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      T& to = y[i * y_stride + j];
      to = add ? to + x[j * x_stride + i] : x[j * x_stride + i];
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_SPARSE_H_
