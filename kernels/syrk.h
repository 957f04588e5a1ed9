/// Products of a matrix and its own transpose, of which one triangle is enough.
#ifndef SURPLUS_KERNELS_SYRK_H_
#define SURPLUS_KERNELS_SYRK_H_

#include <cstddef>

namespace surplus::kernels {

/// Bytes of scratch that syrk() needs for these sizes, for float and for double, on the target in
/// force. At most 4.1 MiB, whatever the sizes.
std::size_t syrk_scratch_size(std::size_t n, std::size_t k);

/// C = alpha A A^T + beta C, or C = alpha A^T A + beta C if `transposed`: the lower triangle.
///
/// a        n x k elements, k x n if transposed, rows a_stride elements apart
/// c        n x n, rows c_stride elements apart; the strict upper triangle is neither read nor
///          written; must not overlap a or scratch
/// scratch  syrk_scratch_size(n, k) bytes, aligned to 64; its content is lost
/// Error    |error| <= (k + k / 64 + 5) eps (|alpha| |A| |A|^T + |beta| |C|), element by element
/// Cost     n (n + 32) k flops at most, about half of gemm()'s; no allocation
/// Promises as gemm(): beta = 0 does not read C, alpha = 0 or k = 0 does not read A; NaN and
///          infinity propagate through every product otherwise
void syrk(bool transposed, std::size_t n, std::size_t k, float alpha, const float* a,
          std::size_t a_stride, float beta, float* c, std::size_t c_stride, void* scratch);
void syrk(bool transposed, std::size_t n, std::size_t k, double alpha, const double* a,
          std::size_t a_stride, double beta, double* c, std::size_t c_stride, void* scratch);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_SYRK_H_
