#include "bench/support/rivals.h"

#include <cblas.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <type_traits>
#ifdef SURPLUS_HAS_DNNL
#include <dnnl.h>
#endif

extern "C" char* openblas_get_corename();  // cblas.h of some versions lacks it

namespace surplus::bench {

#ifdef SURPLUS_HAS_EIGEN
template <typename T>  // rivals_eigen.cc
void eigen_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
                const T* a, const T* b, T* c);
#endif

namespace {

template <typename T>
void blas_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
               const T* a, const T* b, T* c) {
  const auto op_a = a_transposed ? CblasTrans : CblasNoTrans;
  const auto op_b = b_transposed ? CblasTrans : CblasNoTrans;
  const auto rows = static_cast<int>(m), cols = static_cast<int>(n), depth = static_cast<int>(k);
  const int a_stride = a_transposed ? rows : depth, b_stride = b_transposed ? depth : cols;
  if constexpr (std::is_same_v<T, float>) {
    cblas_sgemm(CblasRowMajor, op_a, op_b, rows, cols, depth, 1, a, a_stride, b, b_stride, 0, c,
                cols);
  } else {
    cblas_dgemm(CblasRowMajor, op_a, op_b, rows, cols, depth, 1, a, a_stride, b, b_stride, 0, c,
                cols);
  }
}

#ifdef SURPLUS_HAS_DNNL
void dnnl_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
               const float* a, const float* b, float* c) {
  const auto rows = static_cast<dnnl_dim_t>(m), cols = static_cast<dnnl_dim_t>(n),
             depth = static_cast<dnnl_dim_t>(k);
  dnnl_sgemm(a_transposed ? 'T' : 'N', b_transposed ? 'T' : 'N', rows, cols, depth, 1, a,
             a_transposed ? rows : depth, b, b_transposed ? depth : cols, 0, c, cols);
}
#endif

const char* best_openblas_core() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vl")) return "SkylakeX";
  if (__builtin_cpu_supports("avx2")) return "Haswell";
#endif
  return nullptr;
}

}  // namespace

void run_rivals_at_their_best(char** argv) {
  // Both libraries read the environment when they are loaded, before main().
  if (std::getenv("OMP_NUM_THREADS") != nullptr) return;
  setenv("OMP_NUM_THREADS", "1", 1);
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  const char* core = best_openblas_core();
  if (core != nullptr && std::string(openblas_get_corename()) == "Prescott") {
    setenv("OPENBLAS_CORETYPE", core, 0);
  }
  execv("/proc/self/exe", argv);
}

template <>
std::vector<GemmRival<float>> gemm_rivals() {
  return {
      {"OpenBLAS", blas_gemm<float>},
#ifdef SURPLUS_HAS_DNNL
      {"oneDNN", dnnl_gemm},
#endif
#ifdef SURPLUS_HAS_EIGEN
      {"Eigen", eigen_gemm<float>},
#endif
  };
}
template <>
std::vector<GemmRival<double>> gemm_rivals() {
  return {
      {"OpenBLAS", blas_gemm<double>},
#ifdef SURPLUS_HAS_EIGEN
      {"Eigen", eigen_gemm<double>},
#endif
  };
}

#ifndef SURPLUS_HAS_DNNL
std::vector<ConvolutionRival> convolution_rivals(const ConvolutionShape&) { return {}; }
#endif

}  // namespace surplus::bench
