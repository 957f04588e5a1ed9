#include "surplus/autodiff/loops.h"

#include "kernels/reduce.h"

namespace surplus::ad {
namespace {

// Sums of rows begin to end - 1, a few at a time: use(i, sum).
template <typename T, typename Use>
void sum_rows(MatrixView<const T> from, std::size_t begin, std::size_t end, const Use& use) {
  constexpr std::size_t kRows = 64;
  T sums[kRows];
  for (std::size_t i = begin; i < end; i += kRows) {
    const std::size_t rows = std::min(kRows, end - i);
    kernels::row_sum(rows, from.cols(), from.data() + i * from.stride(), from.stride(), sums);
    for (std::size_t l = 0; l < rows; ++l) use(i + l, sums[l]);
  }
}

}  // namespace

template <typename T>
void reduce_add(MatrixView<const T> from, MatrixView<T> to, T factor) {
  if (to.shape() == from.shape()) {
    for_elements([factor](T& sum, T x) { sum += factor * x; }, to, from);
  } else if (to.cols() == from.cols()) {
    for_columns(from.shape(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = 0; i < from.rows(); ++i) {
        const T* const row = from.data() + i * from.stride();
        for (std::size_t j = begin; j < end; ++j) to.data()[j] += factor * row[j];
      }
    });
  } else if (to.rows() == from.rows()) {
    for_rows(from.shape(), [&](std::size_t begin, std::size_t end) {
      sum_rows(from, begin, end, [&](std::size_t i, T sum) { to(i, 0) += factor * sum; });
    });
  } else {
    double total = 0;  // a long column of floats would lose digits
    sum_rows(from, 0, from.rows(), [&](std::size_t, T sum) { total += sum; });
    to(0, 0) += static_cast<T>(factor * total);
  }
}

template <typename T>
void broadcast_add(MatrixView<const T> from, MatrixView<T> to, T factor) {
  if (to.shape() == from.shape()) return reduce_add(from, to, factor);
  for_rows(to.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const T* const x = from.data() + (from.rows() == 1 ? 0 : i * from.stride());
      T* const row = to.data() + i * to.stride();
      if (from.cols() == to.cols()) {
        for (std::size_t j = 0; j < to.cols(); ++j) row[j] += factor * x[j];
      } else {
        for (std::size_t j = 0; j < to.cols(); ++j) row[j] += factor * x[0];
      }
    }
  });
}

template void reduce_add(MatrixView<const float>, MatrixView<float>, float);
template void reduce_add(MatrixView<const double>, MatrixView<double>, double);
template void broadcast_add(MatrixView<const float>, MatrixView<float>, float);
template void broadcast_add(MatrixView<const double>, MatrixView<double>, double);

}  // namespace surplus::ad
