// The rows of the products, and of what is made of them.
#include <utility>

#include "kernels/blas.h"
#include "kernels/distance.h"
#include "kernels/gemm.h"
#include "kernels/gemv.h"
#include "kernels/ger.h"
#include "kernels/syrk.h"
#include "surplus/linalg/kernel_routines.h"
#include "surplus/linalg/matmul.h"

namespace surplus::detail {
namespace {

using kernels::Op;

struct GemmShape {
  std::size_t m, n, k;
};

// Squares, the products of a two-layer net's training, and skinny ones.
constexpr GemmShape kGemmShapes[] = {{64, 64, 64},    {128, 128, 128},    {256, 256, 256},
                                     {512, 512, 512}, {1024, 1024, 1024}, {128, 1024, 784},
                                     {64, 512, 3072}, {128, 8192, 3072},  {128, 10, 1024},
                                     {10000, 32, 16}, {1000, 1000, 12},   {683, 9, 9}};
// Where B is weights, of which one packing serves many products.
constexpr GemmShape kPackedShapes[] = {
    {128, 1024, 784}, {64, 512, 3072}, {128, 10, 1024}, {1000, 1000, 12}};
// From 1e8 flop up, where threads share a product.
constexpr GemmShape kMatmulShapes[] = {{512, 512, 512}, {1024, 1024, 1024}, {128, 8192, 3072}};

Matrix<double> scratch_for(const GemmShape& s) {
  return {1, kernels::gemm_scratch_size(s.m, s.n, s.k) / sizeof(double) + 1};
}

template <typename T>
KernelCall gemm_call(const GemmShape& s) {
  return [s, a = numbers<T>(s.m, s.k), b = numbers<T>(s.k, s.n), c = Matrix<T>(s.m, s.n),
          scratch = scratch_for(s)]() mutable {
    kernels::gemm(Op::kPlain, Op::kPlain, s.m, s.n, s.k, T{1}, a.data(), s.k, b.data(), s.n, T{0},
                  c.data(), s.n, scratch.data());
  };
}

// B is packed beforehand, as weights are that many products share.
template <typename T>
KernelCall gemm_packed_call(const GemmShape& s) {
  Matrix<T> packed(1, kernels::gemm_packed_size<T>(s.n, s.k));
  kernels::gemm_pack_b(Op::kPlain, s.n, s.k, numbers<T>(s.k, s.n).data(), s.n, packed.data());
  return [s, a = numbers<T>(s.m, s.k), b = std::move(packed), c = Matrix<T>(s.m, s.n),
          scratch = scratch_for(s)]() mutable {
    kernels::gemm_packed(Op::kPlain, s.m, s.n, s.k, T{1}, a.data(), s.k, b.data(), s.n, 0, T{0},
                         c.data(), s.n, scratch.data());
  };
}

template <typename T>
KernelCall matmul_call(const GemmShape& s) {
  return [a = numbers<T>(s.m, s.k), b = numbers<T>(s.k, s.n), c = Matrix<T>(s.m, s.n)]() mutable {
    matmul(a, b, c);
  };
}

template <typename T>
KernelCall openblas_gemm_call(const GemmShape& s) {
  return
      [s, a = numbers<T>(s.m, s.k), b = numbers<T>(s.k, s.n), c = Matrix<T>(s.m, s.n)]() mutable {
        kernels::blas_gemm(false, false, s.m, s.n, s.k, T{1}, a.data(), s.k, b.data(), s.n, T{0},
                           c.data(), s.n);
      };
}

// OpenBLAS and those of `others` that know T, at one product.
template <typename T>
std::vector<KernelRival> gemm_rivals(const GemmShape& s, const std::vector<ProductRival>& others) {
  std::vector<KernelRival> rivals = {{"OpenBLAS", [s] { return openblas_gemm_call<T>(s); }}};
  for (const ProductRival& other : others) {
    const auto product = [&other] {
      if constexpr (kIsFloat<T>) {
        return other.float_gemm;
      } else {
        return other.double_gemm;
      }
    }();
    if (product == nullptr) continue;
    rivals.push_back({other.name, [s, product]() -> KernelCall {
                        return [=, a = numbers<T>(s.m, s.k), b = numbers<T>(s.k, s.n),
                                c = Matrix<T>(s.m, s.n)]() mutable {
                          product(false, false, s.m, s.n, s.k, a.data(), b.data(), c.data());
                        };
                      }});
  }
  return rivals;
}

template <typename T>
void add_gemm(KernelTable& table, const std::vector<ProductRival>& rivals) {
  const auto add = [&](const char* name, KernelCall (*make)(const GemmShape&), const GemmShape& s,
                       bool is_parallel, const std::vector<ProductRival>& others) {
    const double bytes = as_double((s.m * s.k + s.k * s.n + s.m * s.n) * sizeof(T));
    table.push_back({"products", name, kType<T>, shape_of(s.m, s.n) + " x " + std::to_string(s.k),
                     2 * as_double(s.m) * as_double(s.n * s.k), bytes, bytes,
                     KernelTraffic::kWrites, [=] { return make(s); }, gemm_rivals<T>(s, others),
                     is_parallel});
  };
  for (const GemmShape& s : kGemmShapes) add("gemm", gemm_call<T>, s, false, rivals);
  // The other rivals have been seen at the same products: once is enough for a run of a minute.
  for (const GemmShape& s : kPackedShapes) add("gemm_packed", gemm_packed_call<T>, s, false, {});
  for (const GemmShape& s : kMatmulShapes) add("matmul", matmul_call<T>, s, true, {});
}

// Many small products, beside a loop over OpenBLAS.
template <typename T>
void add_batches(KernelTable& table) {
  for (const std::size_t width : {8u, 16u, 32u, 64u}) {
    const std::size_t area = width * width, count = (std::size_t{1} << 18) / area;
    const auto bind = [=](const auto& multiply) {
      return [=]() -> KernelCall {
        return
            [=, a = numbers<T>(count, area), b = numbers<T>(count, area),
             c = Matrix<T>(count, area), scratch = scratch_for({width, width, width})]() mutable {
              multiply(a, b, c, scratch.data());
            };
      };
    };
    const double bytes = 3 * as_double(count * area) * sizeof(T);
    table.push_back(
        {"products",
         "gemm_batch",
         kType<T>,
         std::to_string(count) + " of " + shape_of(width, width) + " x " + std::to_string(width),
         2 * as_double(count * area * width),
         bytes,
         bytes,
         KernelTraffic::kWrites,
         bind([=](const Matrix<T>& a, const Matrix<T>& b, Matrix<T>& c, void* scratch) {
           kernels::gemm_batch(count, Op::kPlain, Op::kPlain, width, width, width, T{1}, a.data(),
                               width, area, b.data(), width, area, T{0}, c.data(), width, area,
                               scratch);
         }),
         {{"OpenBLAS", bind([=](const Matrix<T>& a, const Matrix<T>& b, Matrix<T>& c, void*) {
             for (std::size_t i = 0; i < count; ++i) {
               kernels::blas_gemm(false, false, width, width, width, T{1}, &a(i, 0), width,
                                  &b(i, 0), width, T{0}, &c(i, 0), width);
             }
           })}}});
  }
}

// Squares of a matrix in the first cache, in the second, and of 64 MiB in float.
constexpr std::size_t kOrders[] = {64, 256, 4096};

template <typename T>
void add_vector_products(KernelTable& table) {
  for (const bool transposed : {false, true}) {
    for (const std::size_t n : kOrders) {
      const double bytes = as_double((n * n + 2 * n) * sizeof(T));
      const auto bind = [=](const auto& multiply) {
        return [=]() -> KernelCall {
          return [=, a = numbers<T>(n, n), x = numbers<T>(1, n), y = Matrix<T>(1, n)]() mutable {
            multiply(a.data(), x.data(), y.data());
          };
        };
      };
      table.push_back({"vectors",
                       transposed ? "gemv transposed" : "gemv",
                       kType<T>,
                       shape_of(n, n),
                       2 * as_double(n * n),
                       bytes,
                       bytes,
                       KernelTraffic::kReads,
                       bind([=](const T* a, const T* x, T* y) {
                         kernels::gemv(transposed, n, n, T{1}, a, n, x, 1, T{0}, y, 1);
                       }),
                       {{"OpenBLAS", bind([=](const T* a, const T* x, T* y) {
                           kernels::blas_gemv(transposed, n, n, T{1}, a, n, x, T{0}, y);
                         })}}});
    }
  }
  for (const bool symmetric : {false, true}) {
    for (const std::size_t n : kOrders) {
      const double bytes = as_double(2 * n * n * sizeof(T)), footprint = bytes / 2;
      // The sign of the factor changes, so that A stays in range for ever.
      const auto bind = [=](const auto& update) {
        return [=]() -> KernelCall {
          return [=, a = numbers<T>(n, n), x = numbers<T>(1, n), alpha = T(1e-3)]() mutable {
            update(alpha, x.data(), a.data());
            alpha = -alpha;
          };
        };
      };
      table.push_back({"vectors",
                       symmetric ? "symmetric_rank_one" : "ger",
                       kType<T>,
                       shape_of(n, n),
                       (symmetric ? 3 : 2) * as_double(n * n),
                       bytes,
                       footprint,
                       KernelTraffic::kUpdates,
                       bind([=](T alpha, const T* x, T* a) {
                         symmetric ? kernels::symmetric_rank_one(n, alpha, x, 1, a, n)
                                   : kernels::ger(n, n, alpha, x, 1, x, 1, a, n);
                       }),
                       {{"OpenBLAS", bind([=](T alpha, const T* x, T* a) {
                           kernels::blas_ger(n, n, alpha, x, x, a, n);
                         })}}});
    }
  }
}

// Covariances of a table and of images, and a square: n features of k samples.
constexpr std::pair<std::size_t, std::size_t> kSyrkShapes[] = {
    {16, 10000}, {784, 1000}, {1024, 1024}};

template <typename T>
void add_syrk(KernelTable& table) {
  for (const auto& [n, k] : kSyrkShapes) {
    const double bytes = as_double((n * k + n * (n + 1) / 2) * sizeof(T));
    const auto bind = [n = n, k = k](const auto& multiply) {
      return [=]() -> KernelCall {
        return [=, a = numbers<T>(k, n), c = Matrix<T>(n, n),
                scratch = Matrix<double>(
                    1, kernels::syrk_scratch_size(n, k) / sizeof(double))]() mutable {
          multiply(n, k, a.data(), c.data(), scratch.data());
        };
      };
    };
    table.push_back(
        {"products",
         "syrk transposed",
         kType<T>,
         shape_of(n, k),
         as_double(n * (n + 1)) * as_double(k),
         bytes,
         bytes,
         KernelTraffic::kWrites,
         bind([](std::size_t order, std::size_t depth, const T* a, T* c, void* scratch) {
           kernels::syrk(true, order, depth, T{1}, a, order, T{0}, c, order, scratch);
         }),
         {{"OpenBLAS", bind([](std::size_t order, std::size_t depth, const T* a, T* c, void*) {
             kernels::blas_syrk(true, order, depth, T{1}, a, order, T{0}, c, order);
           })}}});
  }
}

// Tables of 150, 1797 and 500 samples: iris, digits, images.
constexpr std::pair<std::size_t, std::size_t> kSamples[] = {{150, 4}, {1797, 64}, {500, 784}};

template <typename T>
void add_distances(KernelTable& table) {
  for (const auto& [n, d] : kSamples) {
    const double bytes = as_double((2 * n * d + n * n) * sizeof(T));
    table.push_back(
        {"products", "squared_distances", kType<T>, shape_of(n, n) + " x " + std::to_string(d),
         3 * as_double(n * n * d), bytes, bytes, KernelTraffic::kWrites,
         [n = n, d = d]() -> KernelCall {
           return [=, x = numbers<T>(n, d), y = numbers<T>(n, d), out = Matrix<T>(n, n)]() mutable {
             kernels::squared_distances(n, n, d, x.data(), d, y.data(), d, out.data(), n);
           };
         }});
  }
}

}  // namespace

template <typename T>
void add_products(KernelTable& table, const std::vector<ProductRival>& rivals) {
  add_gemm<T>(table, rivals);
  add_batches<T>(table);
  add_syrk<T>(table);
  add_distances<T>(table);
  add_vector_products<T>(table);
}

template void add_products<float>(KernelTable&, const std::vector<ProductRival>&);
template void add_products<double>(KernelTable&, const std::vector<ProductRival>&);

}  // namespace surplus::detail
