#include "kernels/syrk.h"

#include <algorithm>

#include "kernels/gemm.h"

namespace surplus::kernels {
namespace {

// Squares of the diagonal of up to this size are computed whole, into scratch, half of them in vain.
// 32 is whole vectors of gemm() on every target. Measured against 64 and 96: never slower, and up to
// 1.3 times as fast for n = 64.
constexpr std::size_t kSquare = 32;
constexpr std::size_t kSquareBytes = kSquare * kSquare * sizeof(double);

// Where a larger triangle is cut in two triangles and a rectangle: near the middle.
std::size_t half_of(std::size_t n) { return std::max(kSquare, n / 2 / kSquare * kSquare); }

std::size_t products_scratch(std::size_t n, std::size_t k) {
  if (n <= kSquare) return gemm_scratch_size(n, n, k);
  const std::size_t h = half_of(n);
  return std::max(
      {products_scratch(h, k), products_scratch(n - h, k), gemm_scratch_size(n - h, h, k)});
}

template <typename T>
void lower(bool transposed, std::size_t n, std::size_t k, T alpha, const T* a, std::size_t a_stride,
           T beta, T* c, std::size_t c_stride, T* square, void* scratch) {
  const Op left = transposed ? Op::kTransposed : Op::kPlain;
  const Op right = transposed ? Op::kPlain : Op::kTransposed;
  if (n <= kSquare) {
    gemm(left, right, n, n, k, alpha, a, a_stride, a, a_stride, T{0}, square, n, scratch);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        T& out = c[i * c_stride + j];
        out = beta == T{0} ? square[i * n + j] : square[i * n + j] + beta * out;
      }
    }
    return;
  }
  const std::size_t h = half_of(n);
  const T* rest = a + (transposed ? h : h * a_stride);
  lower(transposed, h, k, alpha, a, a_stride, beta, c, c_stride, square, scratch);
  gemm(left, right, n - h, h, k, alpha, rest, a_stride, a, a_stride, beta, c + h * c_stride,
       c_stride, scratch);
  lower(transposed, n - h, k, alpha, rest, a_stride, beta, c + h * c_stride + h, c_stride, square,
        scratch);
}

template <typename T>
void syrk_in(bool transposed, std::size_t n, std::size_t k, T alpha, const T* a,
             std::size_t a_stride, T beta, T* c, std::size_t c_stride, void* scratch) {
  T* square = static_cast<T*>(scratch);
  lower(transposed, n, k, alpha, a, a_stride, beta, c, c_stride, square,
        static_cast<char*>(scratch) + kSquareBytes);
}

}  // namespace

std::size_t syrk_scratch_size(std::size_t n, std::size_t k) {
  return kSquareBytes + products_scratch(n, k);
}

void syrk(bool transposed, std::size_t n, std::size_t k, float alpha, const float* a,
          std::size_t a_stride, float beta, float* c, std::size_t c_stride, void* scratch) {
  syrk_in(transposed, n, k, alpha, a, a_stride, beta, c, c_stride, scratch);
}
void syrk(bool transposed, std::size_t n, std::size_t k, double alpha, const double* a,
          std::size_t a_stride, double beta, double* c, std::size_t c_stride, void* scratch) {
  syrk_in(transposed, n, k, alpha, a, a_stride, beta, c, c_stride, scratch);
}

}  // namespace surplus::kernels
