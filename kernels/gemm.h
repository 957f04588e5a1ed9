/// Products of matrices: C = alpha op(A) op(B) + beta C, with B packed once if it is used often.
#ifndef SURPLUS_KERNELS_GEMM_H_
#define SURPLUS_KERNELS_GEMM_H_

#include <cstddef>

namespace surplus::kernels {

/// How an operand is stored: as it enters the product, or as its transpose.
enum class Op { kPlain, kTransposed };

/// What is done to C once it holds alpha op(A) op(B) + beta C, while it is still in cache: bias,
/// activation, row sums. apply(context, i, j, m, n, c, c_stride) is called once for each of
/// the blocks that tile C, in an order that depends on the sizes; c points at element (i, j) of
/// C, and m x n elements from there on are complete. An empty `apply` is not called.
template <typename T>
struct GemmEpilogue {
  void (*apply)(const void* context, std::size_t i, std::size_t j, std::size_t m, std::size_t n,
                T* c, std::size_t c_stride) = nullptr;
  const void* context = nullptr;
};

/// Bytes of scratch that gemm() and gemm_packed() need for these sizes, for float and for double,
/// on the target in force. At most 4 MiB, whatever the sizes.
std::size_t gemm_scratch_size(std::size_t m, std::size_t n, std::size_t k);

/// C = alpha op(A) op(B) + beta C, all row-major.
///
/// a        op(A) is m x k: m x k elements if op_a is kPlain, k x m if kTransposed; rows
///          a_stride elements apart
/// b        op(B) is k x n: k x n elements if op_b is kPlain, n x k if kTransposed; rows
///          b_stride elements apart
/// c        m x n, rows c_stride >= n apart; must not overlap a, b or scratch
/// scratch  gemm_scratch_size(m, n, k) bytes, aligned to 64; its content is lost
/// Error    |error| <= (k + k / 64 + 4) eps (|alpha| |A| |B| + |beta| |C|), element by element
/// Cost     2 m n k flops; no allocation; stack below 1 KiB
/// Promises as BLAS: beta = 0 does not read C, alpha = 0 or k = 0 reads neither A nor B; NaN and
///          infinity propagate through every product otherwise. An element of C depends on its
///          own row of op(A) and column of op(B) alone, and its bits depend neither on m, n and
///          the strides nor on which part of C is asked for, so C may be cut among threads
void gemm(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k, float alpha,
          const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, float beta,
          float* c, std::size_t c_stride, void* scratch, GemmEpilogue<float> epilogue = {});
void gemm(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k, double alpha,
          const double* a, std::size_t a_stride, const double* b, std::size_t b_stride, double beta,
          double* c, std::size_t c_stride, void* scratch, GemmEpilogue<double> epilogue = {});

/// gemm() on `count` products of one shape whose operands lie a_step, b_step and c_step elements
/// apart; a step of 0 shares an operand of the input. For many small products: 8 to 64 wide.
void gemm_batch(std::size_t count, Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k,
                float alpha, const float* a, std::size_t a_stride, std::size_t a_step,
                const float* b, std::size_t b_stride, std::size_t b_step, float beta, float* c,
                std::size_t c_stride, std::size_t c_step, void* scratch);
void gemm_batch(std::size_t count, Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k,
                double alpha, const double* a, std::size_t a_stride, std::size_t a_step,
                const double* b, std::size_t b_stride, std::size_t b_step, double beta, double* c,
                std::size_t c_stride, std::size_t c_step, void* scratch);

/// Elements that gemm_pack_b() writes for a k x n operand, on the target in force.
template <typename T>
std::size_t gemm_packed_size(std::size_t n, std::size_t k);

/// Copies op(B) into the order in which gemm_packed() reads it, for a B that many products share.
/// The copy is to be used on the target that was in force when it was made.
///
/// b        as for gemm()
/// packed   gemm_packed_size<T>(n, k) elements, aligned to 64
/// Cost     one pass over B; no allocation
void gemm_pack_b(Op op_b, std::size_t n, std::size_t k, const float* b, std::size_t b_stride,
                 float* packed);
void gemm_pack_b(Op op_b, std::size_t n, std::size_t k, const double* b, std::size_t b_stride,
                 double* packed);

/// Where gemm_packed() may begin: a column of C that is a multiple of this.
constexpr std::size_t kPackedColumns = 64;

/// C = alpha op(A) op(B) + beta C with op(B), or some of its columns, from gemm_pack_b(): C is what
/// gemm() gives, to the bit.
///
/// packed   op(B), k x packed_n; columns `first`, a multiple of kPackedColumns, to first + n - 1
///          of it are used
/// others   as for gemm(); j in the epilogue counts from `first`
void gemm_packed(Op op_a, std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a,
                 std::size_t a_stride, const float* packed, std::size_t packed_n, std::size_t first,
                 float beta, float* c, std::size_t c_stride, void* scratch,
                 GemmEpilogue<float> epilogue = {});
void gemm_packed(Op op_a, std::size_t m, std::size_t n, std::size_t k, double alpha,
                 const double* a, std::size_t a_stride, const double* packed, std::size_t packed_n,
                 std::size_t first, double beta, double* c, std::size_t c_stride, void* scratch,
                 GemmEpilogue<double> epilogue = {});

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_GEMM_H_
