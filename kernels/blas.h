/// Factorisations, triangular solves and products of BLAS and LAPACK on row-major memory, as
/// OpenBLAS has them, on the calling thread alone (the first call sets OpenBLAS to one thread for the process).
///
/// Inputs must be finite: LAPACK may loop for ever on a NaN. Sizes and strides must be below 2^31.
/// Where LAPACK needs scratch, x_scratch() says how much of it x() takes at these sizes.
#ifndef SURPLUS_KERNELS_BLAS_H_
#define SURPLUS_KERNELS_BLAS_H_

#include <cstddef>
#include <cstdint>

namespace surplus::kernels {

/// Elements of the two scratch buffers a factorisation takes.
struct BlasScratch {
  std::size_t reals;
  std::size_t ints;
};

/// A = L L^T, in place.
///
/// a       n x n, rows a_stride elements apart; the lower triangle goes in as A's and comes out as
///         L; the strict upper triangle is neither read nor written
/// Returns the number of leading pivots that are positive: n if A is positive definite, otherwise
///         the row of the first that is not, and the triangle from there on is not defined
/// Error   L L^T = A + E, |E[i, j]| <= (n + 2) * eps * sum_l |L[i, l] L[j, l]|
/// Cost    n^3 / 3 flops
/// Source  Higham (2002), Accuracy and Stability of Numerical Algorithms, theorem 10.3
std::size_t potrf(std::size_t n, float* a, std::size_t a_stride);
std::size_t potrf(std::size_t n, double* a, std::size_t a_stride);

/// B <- op(L)^-1 B (left) or B op(L)^-1 (right), op(L) = L or L^T.
///
/// l       lower triangle of a square matrix, m x m on the left, n x n on the right, rows l_stride
///         elements apart; the strict upper triangle is not read; no zero on the diagonal
/// b       m x n, rows b_stride elements apart, must not overlap l
/// Error   each column x of the left solution solves (L + E) x = b,
///         |E[i, j]| <= (m + 1) * eps * |L[i, j]|; on the right rows and n likewise
/// Cost    m^2 n or m n^2 flops
/// Source  Higham (2002), theorem 8.5
void trsm_left(bool transposed, std::size_t m, std::size_t n, const float* l, std::size_t l_stride,
               float* b, std::size_t b_stride);
void trsm_left(bool transposed, std::size_t m, std::size_t n, const double* l, std::size_t l_stride,
               double* b, std::size_t b_stride);
void trsm_right(bool transposed, std::size_t m, std::size_t n, const float* l, std::size_t l_stride,
                float* b, std::size_t b_stride);
void trsm_right(bool transposed, std::size_t m, std::size_t n, const double* l,
                std::size_t l_stride, double* b, std::size_t b_stride);

/// C = alpha op(A) op(B) + beta C: the rival that our own gemm (gemm.h) is measured against.
///
/// a, b, c op(A) is m x k, op(B) k x n, C m x n; rows a_stride, b_stride, c_stride elements apart
/// Error   |error| <= (k + 2) eps (|alpha| |A| |B| + |beta| |C|), element by element
/// Cost    2 m n k flops
/// Promises beta = 0 does not read C
void blas_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
               float alpha, const float* a, std::size_t a_stride, const float* b,
               std::size_t b_stride, float beta, float* c, std::size_t c_stride);
void blas_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
               double alpha, const double* a, std::size_t a_stride, const double* b,
               std::size_t b_stride, double beta, double* c, std::size_t c_stride);

/// The rivals of gemv() (gemv.h), ger() (ger.h) and syrk() (syrk.h), with their operands; x and y
/// have no gaps.
///
/// Error, Cost  as there
void blas_gemv(bool transposed, std::size_t m, std::size_t n, float alpha, const float* a,
               std::size_t a_stride, const float* x, float beta, float* y);
void blas_ger(std::size_t m, std::size_t n, float alpha, const float* x, const float* y, float* a,
              std::size_t a_stride);
void blas_syrk(bool transposed, std::size_t n, std::size_t k, float alpha, const float* a,
               std::size_t a_stride, float beta, float* c, std::size_t c_stride);
void blas_gemv(bool transposed, std::size_t m, std::size_t n, double alpha, const double* a,
               std::size_t a_stride, const double* x, double beta, double* y);
void blas_ger(std::size_t m, std::size_t n, double alpha, const double* x, const double* y,
              double* a, std::size_t a_stride);
void blas_syrk(bool transposed, std::size_t n, std::size_t k, double alpha, const double* a,
               std::size_t a_stride, double beta, double* c, std::size_t c_stride);

/// The processor OpenBLAS believes to run on, as it names it. One it does not know is "Prescott",
/// whose code is several times slower than ours.
const char* blas_core();

/// A = V^T diag(values) V for a symmetric A, by divide and conquer; V takes the place of A.
///
/// a       n x n, rows a_stride elements apart; the lower triangle is read; row i of what comes out
///         is the eigenvector of values[i]
/// values  n elements, ascending
/// reals, ints  scratch of syevd_scratch(n)
/// Returns whether the iteration converged
/// Error   30 n eps ||A||_F in each value and in A - V^T diag(values) V, 30 n eps in V V^T - I: the
///         threshold of LAPACK's own tests
/// Cost    about 9 n^3 flops
BlasScratch syevd_scratch(std::size_t n, float);
BlasScratch syevd_scratch(std::size_t n, double);
bool syevd(std::size_t n, float* a, std::size_t a_stride, float* values, BlasScratch size,
           float* reals, std::int32_t* ints);
bool syevd(std::size_t n, double* a, std::size_t a_stride, double* values, BlasScratch size,
           double* reals, std::int32_t* ints);

/// A = U diag(s) VT with r = min(m, n) singular values, by divide and conquer.
///
/// a       m x n, rows a_stride elements apart, destroyed
/// s       r elements, descending
/// u, vt   m x r and r x n, rows u_stride and vt_stride elements apart
/// reals, ints  scratch of gesdd_scratch(m, n)
/// Returns whether the iteration converged
/// Error   as syevd, with max(m, n) for n
/// Cost    about 6 m n r + 16 r^3 flops
BlasScratch gesdd_scratch(std::size_t m, std::size_t n, float);
BlasScratch gesdd_scratch(std::size_t m, std::size_t n, double);
bool gesdd(std::size_t m, std::size_t n, float* a, std::size_t a_stride, float* s, float* u,
           std::size_t u_stride, float* vt, std::size_t vt_stride, BlasScratch size, float* reals,
           std::int32_t* ints);
bool gesdd(std::size_t m, std::size_t n, double* a, std::size_t a_stride, double* s, double* u,
           std::size_t u_stride, double* vt, std::size_t vt_stride, BlasScratch size, double* reals,
           std::int32_t* ints);

/// The X of least norm among those that minimise ||A X - B|| column by column. A, B and X pass
/// transposed, because LAPACK has this one by columns only.
///
/// a_t     n x m, row j holds column j of A (m x n); destroyed
/// b_t     k x max(m, n), row l holds column l of B (m x k) going in and of X (n x k) coming out
/// s       min(m, n) elements, the singular values of A, descending
/// cutoff  singular values at or below cutoff * s[0] count as zero
/// rank    how many count as more than zero
/// reals, ints  scratch of gelsd_scratch(m, n, k)
/// Returns whether the iteration converged
/// Error   ||A^T (A X - B)||_F is within 30 max(m, n) eps ||A||_F (||A||_F ||X||_F + ||B||_F)
/// Cost    about 4 m n r + 8 r^3 flops, r = min(m, n)
BlasScratch gelsd_scratch(std::size_t m, std::size_t n, std::size_t k, float);
BlasScratch gelsd_scratch(std::size_t m, std::size_t n, std::size_t k, double);
bool gelsd(std::size_t m, std::size_t n, std::size_t k, float* a_t, std::size_t a_stride,
           float* b_t, std::size_t b_stride, float* s, float cutoff, std::size_t* rank,
           BlasScratch size, float* reals, std::int32_t* ints);
bool gelsd(std::size_t m, std::size_t n, std::size_t k, double* a_t, std::size_t a_stride,
           double* b_t, std::size_t b_stride, double* s, double cutoff, std::size_t* rank,
           BlasScratch size, double* reals, std::int32_t* ints);

/// The same X by a complete orthogonal factorisation, from a QR with column pivoting.
///
/// a_t     as for gelsd; what comes out has on its diagonal the `rank` diagonal elements of the
///         triangular factor, all of them between the extreme singular values in size
/// b_t     as for gelsd
/// cutoff  columns are added to the triangle R while its estimated condition is below 1 / cutoff
/// rank    how many were
/// reals, ints  scratch of gelsy_scratch(m, n, k)
/// Error   as gelsd
/// Cost    about 2 m n r - 2 r^3 / 3 flops for each of the two factorisations that are needed, one
///         if the rank is n
BlasScratch gelsy_scratch(std::size_t m, std::size_t n, std::size_t k, float);
BlasScratch gelsy_scratch(std::size_t m, std::size_t n, std::size_t k, double);
void gelsy(std::size_t m, std::size_t n, std::size_t k, float* a_t, std::size_t a_stride,
           float* b_t, std::size_t b_stride, float cutoff, std::size_t* rank, BlasScratch size,
           float* reals, std::int32_t* ints);
void gelsy(std::size_t m, std::size_t n, std::size_t k, double* a_t, std::size_t a_stride,
           double* b_t, std::size_t b_stride, double cutoff, std::size_t* rank, BlasScratch size,
           double* reals, std::int32_t* ints);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_BLAS_H_
