#include "kernels/blas.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cmath>

// The `_work` forms of LAPACKE in column order call LAPACK as it is: no copies, no allocation. A
// row-major matrix is its own transpose to them, so lower becomes upper and U changes places with
// VT.

namespace surplus::kernels {
namespace {

int size32(std::size_t n) { return static_cast<int>(n); }
// BLAS refuses a stride of 0, even of an operand without elements.
int stride32(std::size_t stride) { return size32(std::max<std::size_t>(stride, 1)); }

// Threads are the caller's business; OpenBLAS would otherwise start one per core in each of ours.
void use_one_thread() {
  static const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

// LAPACK answers a query in the type of the matrix: a float count may have been rounded down.
template <typename T>
BlasScratch scratch(T reals, lapack_int ints) {
  const double count = std::ceil(static_cast<double>(reals) * (1 + 0x1p-23));
  return {static_cast<std::size_t>(std::max(count, 1.0)),
          static_cast<std::size_t>(std::max<lapack_int>(ints, 1))};
}

template <typename T, typename Potrf>
std::size_t potrf_with(Potrf lapack, std::size_t n, T* a, std::size_t a_stride) {
  if (n == 0) return 0;
  use_one_thread();
  const lapack_int info = lapack(LAPACK_COL_MAJOR, 'U', size32(n), a, size32(a_stride));
  // A NaN from overflow can pass LAPACK's own test of a pivot.
  const std::size_t done = info == 0 ? n : static_cast<std::size_t>(info - 1);
  for (std::size_t i = 0; i < done; ++i) {
    if (!std::isfinite(a[i * a_stride + i])) return i;
  }
  return done;
}

template <typename T, typename Syevd>
BlasScratch syevd_query(Syevd lapack, std::size_t n) {
  T reals{};
  lapack_int ints{};
  lapack(LAPACK_COL_MAJOR, 'V', 'U', size32(n), nullptr, size32(std::max<std::size_t>(n, 1)),
         nullptr, &reals, -1, &ints, -1);
  return scratch(reals, ints);
}

template <typename T, typename Syevd>
bool syevd_with(Syevd lapack, std::size_t n, T* a, std::size_t a_stride, T* values,
                BlasScratch size, T* reals, std::int32_t* ints) {
  if (n == 0) return true;
  use_one_thread();
  return lapack(LAPACK_COL_MAJOR, 'V', 'U', size32(n), a, size32(a_stride), values, reals,
                size32(size.reals), ints, size32(size.ints)) == 0;
}

template <typename T, typename Gesdd>
BlasScratch gesdd_query(Gesdd lapack, std::size_t m, std::size_t n) {
  const std::size_t r = std::min(m, n);
  if (r == 0) return {1, 1};
  T reals{};
  lapack_int ints{};
  lapack(LAPACK_COL_MAJOR, 'S', size32(n), size32(m), nullptr, size32(n), nullptr, nullptr,
         size32(n), nullptr, size32(r), &reals, -1, &ints);
  return scratch(reals, size32(8 * r));
}

template <typename T, typename Gesdd>
bool gesdd_with(Gesdd lapack, std::size_t m, std::size_t n, T* a, std::size_t a_stride, T* s, T* u,
                std::size_t u_stride, T* vt, std::size_t vt_stride, BlasScratch size, T* reals,
                std::int32_t* ints) {
  if (m == 0 || n == 0) return true;
  use_one_thread();
  return lapack(LAPACK_COL_MAJOR, 'S', size32(n), size32(m), a, size32(a_stride), s, vt,
                size32(vt_stride), u, size32(u_stride), reals, size32(size.reals), ints) == 0;
}

template <typename T, typename Gelsd>
BlasScratch gelsd_query(Gelsd lapack, std::size_t m, std::size_t n, std::size_t k) {
  if (m == 0 || n == 0 || k == 0) return {1, 1};
  T reals{};
  lapack_int ints{}, rank{};
  lapack(LAPACK_COL_MAJOR, size32(m), size32(n), size32(k), nullptr, size32(m), nullptr,
         size32(std::max(m, n)), nullptr, T{}, &rank, &reals, -1, &ints);
  return scratch(reals, ints);
}

template <typename T, typename Gelsd>
bool gelsd_with(Gelsd lapack, std::size_t m, std::size_t n, std::size_t k, T* a_t,
                std::size_t a_stride, T* b_t, std::size_t b_stride, T* s, T cutoff,
                std::size_t* rank, BlasScratch size, T* reals, std::int32_t* ints) {
  *rank = 0;
  if (m == 0 || n == 0 || k == 0) return true;
  use_one_thread();
  lapack_int found{};
  const lapack_int info =
      lapack(LAPACK_COL_MAJOR, size32(m), size32(n), size32(k), a_t, size32(a_stride), b_t,
             size32(b_stride), s, cutoff, &found, reals, size32(size.reals), ints);
  *rank = static_cast<std::size_t>(found);
  return info == 0;
}

template <typename T, typename Gelsy>
BlasScratch gelsy_query(Gelsy lapack, std::size_t m, std::size_t n, std::size_t k) {
  if (m == 0 || n == 0 || k == 0) return {1, 1};
  T reals{};
  lapack_int rank{};
  lapack(LAPACK_COL_MAJOR, size32(m), size32(n), size32(k), nullptr, size32(m), nullptr,
         size32(std::max(m, n)), nullptr, T{}, &rank, &reals, -1);
  return scratch(reals, size32(n));
}

template <typename T, typename Gelsy>
void gelsy_with(Gelsy lapack, std::size_t m, std::size_t n, std::size_t k, T* a_t,
                std::size_t a_stride, T* b_t, std::size_t b_stride, T cutoff, std::size_t* rank,
                BlasScratch size, T* reals, std::int32_t* ints) {
  *rank = 0;
  if (m == 0 || n == 0 || k == 0) return;
  use_one_thread();
  std::fill_n(ints, n, 0);  // every column may be a pivot
  lapack_int found{};
  lapack(LAPACK_COL_MAJOR, size32(m), size32(n), size32(k), a_t, size32(a_stride), b_t,
         size32(b_stride), ints, cutoff, &found, reals, size32(size.reals));
  *rank = static_cast<std::size_t>(found);
}

CBLAS_TRANSPOSE operation(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

}  // namespace

std::size_t potrf(std::size_t n, float* a, std::size_t a_stride) {
  return potrf_with(LAPACKE_spotrf_work, n, a, a_stride);
}
std::size_t potrf(std::size_t n, double* a, std::size_t a_stride) {
  return potrf_with(LAPACKE_dpotrf_work, n, a, a_stride);
}

void trsm_left(bool transposed, std::size_t m, std::size_t n, const float* l, std::size_t l_stride,
               float* b, std::size_t b_stride) {
  if (m == 0 || n == 0) return;
  use_one_thread();
  cblas_strsm(CblasRowMajor, CblasLeft, CblasLower, operation(transposed), CblasNonUnit, size32(m),
              size32(n), 1, l, size32(l_stride), b, size32(b_stride));
}
void trsm_left(bool transposed, std::size_t m, std::size_t n, const double* l, std::size_t l_stride,
               double* b, std::size_t b_stride) {
  if (m == 0 || n == 0) return;
  use_one_thread();
  cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, operation(transposed), CblasNonUnit, size32(m),
              size32(n), 1, l, size32(l_stride), b, size32(b_stride));
}
void trsm_right(bool transposed, std::size_t m, std::size_t n, const float* l, std::size_t l_stride,
                float* b, std::size_t b_stride) {
  if (m == 0 || n == 0) return;
  use_one_thread();
  cblas_strsm(CblasRowMajor, CblasRight, CblasLower, operation(transposed), CblasNonUnit, size32(m),
              size32(n), 1, l, size32(l_stride), b, size32(b_stride));
}
void trsm_right(bool transposed, std::size_t m, std::size_t n, const double* l,
                std::size_t l_stride, double* b, std::size_t b_stride) {
  if (m == 0 || n == 0) return;
  use_one_thread();
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, operation(transposed), CblasNonUnit, size32(m),
              size32(n), 1, l, size32(l_stride), b, size32(b_stride));
}

void blas_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
               float alpha, const float* a, std::size_t a_stride, const float* b,
               std::size_t b_stride, float beta, float* c, std::size_t c_stride) {
  if (m == 0 || n == 0) return;
  use_one_thread();
  cblas_sgemm(CblasRowMajor, operation(a_transposed), operation(b_transposed), size32(m), size32(n),
              size32(k), alpha, a, stride32(a_stride), b, stride32(b_stride), beta, c,
              stride32(c_stride));
}
void blas_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
               double alpha, const double* a, std::size_t a_stride, const double* b,
               std::size_t b_stride, double beta, double* c, std::size_t c_stride) {
  if (m == 0 || n == 0) return;
  use_one_thread();
  cblas_dgemm(CblasRowMajor, operation(a_transposed), operation(b_transposed), size32(m), size32(n),
              size32(k), alpha, a, stride32(a_stride), b, stride32(b_stride), beta, c,
              stride32(c_stride));
}

void blas_gemv(bool transposed, std::size_t m, std::size_t n, float alpha, const float* a,
               std::size_t a_stride, const float* x, float beta, float* y) {
  use_one_thread();
  cblas_sgemv(CblasRowMajor, operation(transposed), size32(m), size32(n), alpha, a,
              stride32(a_stride), x, 1, beta, y, 1);
}
void blas_ger(std::size_t m, std::size_t n, float alpha, const float* x, const float* y, float* a,
              std::size_t a_stride) {
  use_one_thread();
  cblas_sger(CblasRowMajor, size32(m), size32(n), alpha, x, 1, y, 1, a, stride32(a_stride));
}
void blas_syrk(bool transposed, std::size_t n, std::size_t k, float alpha, const float* a,
               std::size_t a_stride, float beta, float* c, std::size_t c_stride) {
  use_one_thread();
  cblas_ssyrk(CblasRowMajor, CblasLower, operation(transposed), size32(n), size32(k), alpha, a,
              stride32(a_stride), beta, c, stride32(c_stride));
}
void blas_gemv(bool transposed, std::size_t m, std::size_t n, double alpha, const double* a,
               std::size_t a_stride, const double* x, double beta, double* y) {
  use_one_thread();
  cblas_dgemv(CblasRowMajor, operation(transposed), size32(m), size32(n), alpha, a,
              stride32(a_stride), x, 1, beta, y, 1);
}
void blas_ger(std::size_t m, std::size_t n, double alpha, const double* x, const double* y,
              double* a, std::size_t a_stride) {
  use_one_thread();
  cblas_dger(CblasRowMajor, size32(m), size32(n), alpha, x, 1, y, 1, a, stride32(a_stride));
}
void blas_syrk(bool transposed, std::size_t n, std::size_t k, double alpha, const double* a,
               std::size_t a_stride, double beta, double* c, std::size_t c_stride) {
  use_one_thread();
  cblas_dsyrk(CblasRowMajor, CblasLower, operation(transposed), size32(n), size32(k), alpha, a,
              stride32(a_stride), beta, c, stride32(c_stride));
}

const char* blas_core() { return openblas_get_corename(); }

BlasScratch syevd_scratch(std::size_t n, float) {
  return syevd_query<float>(LAPACKE_ssyevd_work, n);
}
BlasScratch syevd_scratch(std::size_t n, double) {
  return syevd_query<double>(LAPACKE_dsyevd_work, n);
}
bool syevd(std::size_t n, float* a, std::size_t a_stride, float* values, BlasScratch size,
           float* reals, std::int32_t* ints) {
  return syevd_with(LAPACKE_ssyevd_work, n, a, a_stride, values, size, reals, ints);
}
bool syevd(std::size_t n, double* a, std::size_t a_stride, double* values, BlasScratch size,
           double* reals, std::int32_t* ints) {
  return syevd_with(LAPACKE_dsyevd_work, n, a, a_stride, values, size, reals, ints);
}

BlasScratch gesdd_scratch(std::size_t m, std::size_t n, float) {
  return gesdd_query<float>(LAPACKE_sgesdd_work, m, n);
}
BlasScratch gesdd_scratch(std::size_t m, std::size_t n, double) {
  return gesdd_query<double>(LAPACKE_dgesdd_work, m, n);
}
bool gesdd(std::size_t m, std::size_t n, float* a, std::size_t a_stride, float* s, float* u,
           std::size_t u_stride, float* vt, std::size_t vt_stride, BlasScratch size, float* reals,
           std::int32_t* ints) {
  return gesdd_with(LAPACKE_sgesdd_work, m, n, a, a_stride, s, u, u_stride, vt, vt_stride, size,
                    reals, ints);
}
bool gesdd(std::size_t m, std::size_t n, double* a, std::size_t a_stride, double* s, double* u,
           std::size_t u_stride, double* vt, std::size_t vt_stride, BlasScratch size, double* reals,
           std::int32_t* ints) {
  return gesdd_with(LAPACKE_dgesdd_work, m, n, a, a_stride, s, u, u_stride, vt, vt_stride, size,
                    reals, ints);
}

BlasScratch gelsd_scratch(std::size_t m, std::size_t n, std::size_t k, float) {
  return gelsd_query<float>(LAPACKE_sgelsd_work, m, n, k);
}
BlasScratch gelsd_scratch(std::size_t m, std::size_t n, std::size_t k, double) {
  return gelsd_query<double>(LAPACKE_dgelsd_work, m, n, k);
}
bool gelsd(std::size_t m, std::size_t n, std::size_t k, float* a_t, std::size_t a_stride,
           float* b_t, std::size_t b_stride, float* s, float cutoff, std::size_t* rank,
           BlasScratch size, float* reals, std::int32_t* ints) {
  return gelsd_with(LAPACKE_sgelsd_work, m, n, k, a_t, a_stride, b_t, b_stride, s, cutoff, rank,
                    size, reals, ints);
}
bool gelsd(std::size_t m, std::size_t n, std::size_t k, double* a_t, std::size_t a_stride,
           double* b_t, std::size_t b_stride, double* s, double cutoff, std::size_t* rank,
           BlasScratch size, double* reals, std::int32_t* ints) {
  return gelsd_with(LAPACKE_dgelsd_work, m, n, k, a_t, a_stride, b_t, b_stride, s, cutoff, rank,
                    size, reals, ints);
}

BlasScratch gelsy_scratch(std::size_t m, std::size_t n, std::size_t k, float) {
  return gelsy_query<float>(LAPACKE_sgelsy_work, m, n, k);
}
BlasScratch gelsy_scratch(std::size_t m, std::size_t n, std::size_t k, double) {
  return gelsy_query<double>(LAPACKE_dgelsy_work, m, n, k);
}
void gelsy(std::size_t m, std::size_t n, std::size_t k, float* a_t, std::size_t a_stride,
           float* b_t, std::size_t b_stride, float cutoff, std::size_t* rank, BlasScratch size,
           float* reals, std::int32_t* ints) {
  gelsy_with(LAPACKE_sgelsy_work, m, n, k, a_t, a_stride, b_t, b_stride, cutoff, rank, size, reals,
             ints);
}
void gelsy(std::size_t m, std::size_t n, std::size_t k, double* a_t, std::size_t a_stride,
           double* b_t, std::size_t b_stride, double cutoff, std::size_t* rank, BlasScratch size,
           double* reals, std::int32_t* ints) {
  gelsy_with(LAPACKE_dgelsy_work, m, n, k, a_t, a_stride, b_t, b_stride, cutoff, rank, size, reals,
             ints);
}

}  // namespace surplus::kernels
