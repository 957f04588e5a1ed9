/// The libraries that surplus is measured against, on one thread each.
#ifndef SURPLUS_BENCH_SUPPORT_RIVALS_H_
#define SURPLUS_BENCH_SUPPORT_RIVALS_H_

#include <cstddef>
#include <functional>
#include <vector>

namespace surplus::bench {

/// Starts this program anew, if it has to, with one thread per rival and with the OpenBLAS kernels
/// that fit the processor: OpenBLAS 0.3.21 does not know processors younger than itself, and falls
/// back to SSE3 on them. To be called first in main().
void run_rivals_at_their_best(char** argv);

/// C = op(A) op(B), row-major and without gaps; a and b say whether they are stored transposed.
template <typename T>
struct GemmRival {
  const char* name;
  void (*gemm)(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
               const T* a, const T* b, T* c);
};

/// Those found when surplus was configured: OpenBLAS, and oneDNN (float alone) and Eigen if present.
template <typename T>
std::vector<GemmRival<T>> gemm_rivals();

/// Square windows on n images, as kernels::Conv2dShape has them.
struct ConvolutionShape {
  std::size_t n, height, width, in, out, window, stride, padding;
};

/// A convolution of float images and its transposes, ready to run on operands of their own.
struct ConvolutionRival {
  const char* name;
  std::function<void()> forward = {}, input = {}, weights = {};
};

/// oneDNN, if it is present.
std::vector<ConvolutionRival> convolution_rivals(const ConvolutionShape& shape);

}  // namespace surplus::bench

#endif  // SURPLUS_BENCH_SUPPORT_RIVALS_H_
