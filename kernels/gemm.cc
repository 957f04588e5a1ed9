#include "kernels/gemm.h"

#include <algorithm>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/gemm_batch-inl.h"
#include "kernels/gemm_panels-inl.h"
#include "kernels/gemm_run-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Cache blocking, after Goto and van de Geijn (2008), Anatomy of high-performance matrix
// multiplication, for a row-major C:
//
//   for each nc columns
//     for each run of kc of k                         C is read and written once per run
//       for each mc rows:     copy mc x kc of A       stays in L2
//         for each kTileCols columns: copy kc x kTileCols of B   stays in L1, used by all mc rows,
//                                                     and in L3 for the next mc rows
//           for each kTileRows rows: a tile           its rows of A stream from L2
//
// kc: at most kMostDepth, and a panel of B takes kPanelBytes at most. More depth is less traffic of C.
//     AVX-512: 48 KiB, all of L1; what a tile streams through L1 beside the panel pushes parts of it to L2,
//     which at 128 bytes per 14 cycles keeps up. 192, 256 and 320 were measured no faster than 384.
//     AVX2: three quarters of 32 KiB, beside which a tile's rows of A, 384 x 6 x 4 bytes, find room but
//     for 1 KiB. 256 and 320 were measured no faster than 384.
// mc: a block of A takes kBlockBytes. AVX-512: a quarter of 2 MiB of L2; an eighth and a half were measured
//     equal. AVX2: half of 512 KiB; the other half is for the panels and the tiles of C that pass by.
// nc: the panels kept for the next mc rows take 3 MiB at most, a share of L3 that most cores have. 2 MiB were measured
//     slower by 1 to 3 % from 1500 columns on: A is copied once for each nc columns.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kPanelBytes = 48 << 10, kBlockBytes = 512 << 10;
#else
constexpr std::size_t kPanelBytes = 24 << 10, kBlockBytes = 256 << 10;
#endif
constexpr std::size_t kMostDepth = 384, kKeptBytes = 3 << 20;
template <typename T>
constexpr std::size_t kDepth = std::min(kMostDepth, kPanelBytes / (kTileCols<T> * sizeof(T)));
template <typename T>
constexpr std::size_t kBlockRows = kBlockBytes / (kDepth<T> * sizeof(T));
template <typename T>
constexpr std::size_t kBlockCols = kKeptBytes /
                                   (kDepth<T> * sizeof(T)) / kTileCols<T>* kTileCols<T>;

// Up to this k, a tile is quick beside reading and writing its part of C: a C of many panels is then
// gone through row by row, as memory likes it, and B, which is small, stays in cache without being
// packed.
constexpr std::size_t kShallow = 64;

// A is copied if it is used by many panels of columns, or by more than a few while its rows collide; a narrow
// tile, which passes through A once, is then no higher than a set of L1 has lines.
constexpr std::size_t kFewPanels = 2, kManyPanels = 16;
constexpr std::size_t kSetLines = HWY_TARGET <= HWY_AVX3 ? 12 : 8;

// A larger B does not stay in L2 beside the rest: to wait for it in first tiles costs more than to carry it, in float. In
// double carrying was measured 5 % faster to 20 % slower.
constexpr std::size_t kNear = kBlockBytes / 2;

// The rows of a packed block of A lie an odd number of cache lines apart, so that the rows of a tile
// fall into different sets of L1.
template <typename T>
HWY_INLINE std::size_t PackedStride(std::size_t depth) {
  constexpr std::size_t line = 64 / sizeof(T);
  return (CeilDiv(depth, line) | 1) * line;
}

// C = beta C.
template <typename T>
void Scale(std::size_t m, std::size_t n, T beta, T* c, std::size_t c_stride) {
  for (std::size_t i = 0; i < m; ++i, c += c_stride) {
    if (beta == T{0}) {
      std::fill_n(c, n, T{0});
    } else {
      for (std::size_t j = 0; j < n; ++j) c[j] *= beta;
    }
  }
}

template <typename T>
void Gemm(std::size_t m, std::size_t n, std::size_t k, T alpha, const Operand<T>& a,
          const RightOperand<T>& b, T beta, T* c, std::size_t c_stride, T* scratch,
          const GemmEpilogue<T>& epilogue) {
  if (m == 0 || n == 0) return;
  if (k == 0 || alpha == T{0}) {
    Scale(m, n, beta, c, c_stride);
    if (epilogue.apply != nullptr) epilogue.apply(epilogue.context, 0, 0, m, n, c, c_stride);
    return;
  }
  constexpr std::size_t cols = kTileCols<T>;
  const bool many_panels = n > kManyPanels * cols;
  const bool reads_b_often = m > (kLeastSharers - 1) * kTileRows;
  const bool scattered_b = b.packed == nullptr && Collides<T>(b.plain.stride) && m > kTileRows;
  const bool shallow =
      k <= kShallow && many_panels && !b.is_transposed() && (reads_b_often || !scattered_b);
  const Cut depths(k, kDepth<T>, kUnroll);
  const Cut blocks(m, kBlockRows<T>, kTileRows);
  const bool fights = Collides<T>(a.stride) && n > kFewPanels * cols;
  const bool packs_a = a.op == Op::kTransposed || (!shallow && (many_panels || fights));
  const bool carries_b =
      sizeof(T) == 4 && m > (kLeastCarriers - 1) * kTileRows && n * k > kNear / sizeof(T);
  const Packing packing = b.packed != nullptr || shallow ? Packing::kNone
                          : b.is_transposed()            ? Packing::kAtOnce
                          : carries_b                    ? Packing::kCarried
                          : scattered_b                  ? Packing::kAtOnce
                          : reads_b_often                ? Packing::kCopied
                                                         : Packing::kNone;
  const bool keeps_b = packing != Packing::kNone && m > blocks.size;
  const Cut widths(n, keeps_b ? kBlockCols<T> : n, cols);
  Panels<T> panels(b, depths, widths, packing, keeps_b, scratch);
  T* const block =
      scratch + (keeps_b ? widths.size * depths.size : Panels<T>::scratch_size(n, depths.size));

  for (std::size_t left = 0; left < n; left += widths.size) {
    const std::size_t right = left + widths.length(left);
    for (std::size_t p = 0; p < k; p += depths.size) {
      const std::size_t depth = depths.length(p);
      const bool last = p + depth == k;
      for (std::size_t i = 0; i < m; i += blocks.size) {
        const std::size_t height = blocks.length(i);
        TileArgs<T> tile{};
        tile.k = depth;
        tile.alpha = alpha;
        tile.beta = p == 0 ? beta : T{1};
        tile.c_stride = c_stride;
        tile.a = a.at(i, p);
        tile.a_stride = a.stride;
        if (packs_a) {
          tile.a_stride = PackedStride<T>(depth);
          Pack(a, i, p, height, depth, block, tile.a_stride);
          tile.a = block;
        }
        const Heights heights(height, kTileRows);
        const Heights narrow(height, Collides<T>(tile.a_stride)
                                         ? std::min(kNarrowTileRows, kSetLines)
                                         : kNarrowTileRows);
        if (shallow) {
          tile.b = b.panel(0, 0, depth);
          tile.b_stride = b.stride();
          tile.b_step = b.packed == nullptr ? cols : depth * cols;
          const std::size_t rest = n % cols;
          const bool packs_rest = b.packed == nullptr && !CanReadInPlace<T>(rest);
          if (packs_rest && i == 0) Pack(b.plain, 0, n - rest, depth, rest, scratch, cols);
          Upcoming<T> none{};
          tile.upcoming = &none;
          for (std::size_t t = 0, r = 0; t < heights.tiles; ++t) {
            const std::size_t rows = heights.least + (t < heights.longer ? 1 : 0);
            tile.c = c + (i + r) * c_stride;
            RunAcross(rows, n, tile, packs_rest ? scratch : nullptr);
            if (epilogue.apply != nullptr) {
              epilogue.apply(epilogue.context, i + r, 0, rows, n, tile.c, c_stride);
            }
            tile.a += rows * tile.a_stride;
            r += rows;
          }
          continue;
        }
        for (std::size_t j = left; j < right; j += cols) {
          tile.cols = std::min(cols, n - j);
          tile.c = c + i * c_stride + j;
          const Heights& of_panel = tile.cols > kLanes<T> ? heights : narrow;
          panels.enter(p, left, j, of_panel.tiles, keeps_b && i > 0, tile);
          RunDown(of_panel, tile);
          if (last && epilogue.apply != nullptr) {
            epilogue.apply(epilogue.context, i, j, height, tile.cols, tile.c, c_stride);
          }
        }
      }
    }
  }
}

template <typename T>
void GemmBatch(std::size_t count, std::size_t m, std::size_t n, std::size_t k, T alpha,
               const Operand<T>& a, std::size_t a_step, const Operand<T>& b, std::size_t b_step,
               T beta, T* c, std::size_t c_stride, std::size_t c_step, T* scratch) {
  const bool is_small = std::min({m, n, k}) > 0 && std::max({m, n, k}) <= kSmall && alpha != T{0};
  const bool in_place = a.op == Op::kPlain && b.op == Op::kPlain && CanReadInPlace<T>(n);
  if (is_small && in_place) {
    TileArgs<T> product{};
    product.a = a.data;
    product.a_stride = a.stride;
    product.a_step = a_step;
    product.b = b.data;
    product.b_stride = b.stride;
    product.b_step = b_step;
    product.alpha = alpha;
    product.beta = beta;
    product.c = c;
    product.c_stride = c_stride;
    product.c_step = c_step;
    SmallBatch(count, m, n, k, product, scratch);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Gemm<T>(m, n, k, alpha, {a.op, a.data + i * a_step, a.stride},
            {{b.op, b.data + i * b_step, b.stride}, nullptr, 0, 0}, beta, c + i * c_step, c_stride,
            scratch, {});
  }
}

static_assert(kPackedColumns % kTileCols<float> == 0 && kPackedColumns % kTileCols<double> == 0);

template <typename T>
void PackB(std::size_t n, std::size_t k, const Operand<T>& b, T* packed) {
  if (k == 0) return;
  constexpr std::size_t cols = kTileCols<T>;
  const Cut depths(k, kDepth<T>, kUnroll);
  for (std::size_t p = 0; p < k; p += depths.size) {
    const std::size_t depth = depths.length(p);
    for (std::size_t j = 0; j < n; j += cols, packed += depth * cols) {
      Pack(b, p, j, depth, std::min(cols, n - j), packed, cols);
    }
  }
}

void GemmF32(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k, float alpha,
             const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, float beta,
             float* c, std::size_t c_stride, void* scratch, const GemmEpilogue<float>& epilogue) {
  Gemm<float>(m, n, k, alpha, {op_a, a, a_stride}, {{op_b, b, b_stride}, nullptr, 0, 0}, beta, c,
              c_stride, static_cast<float*>(scratch), epilogue);
}
void GemmBatchF32(std::size_t count, Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k,
                  float alpha, const float* a, std::size_t a_stride, std::size_t a_step,
                  const float* b, std::size_t b_stride, std::size_t b_step, float beta, float* c,
                  std::size_t c_stride, std::size_t c_step, void* scratch) {
  GemmBatch<float>(count, m, n, k, alpha, {op_a, a, a_stride}, a_step, {op_b, b, b_stride}, b_step,
                   beta, c, c_stride, c_step, static_cast<float*>(scratch));
}
void GemmPackedF32(Op op_a, std::size_t m, std::size_t n, std::size_t k, float alpha,
                   const float* a, std::size_t a_stride, const float* packed, std::size_t packed_n,
                   std::size_t first, float beta, float* c, std::size_t c_stride, void* scratch,
                   const GemmEpilogue<float>& epilogue) {
  Gemm<float>(m, n, k, alpha, {op_a, a, a_stride},
              {{Op::kPlain, nullptr, 0}, packed, PaddedColumns<float>(packed_n), first}, beta, c,
              c_stride, static_cast<float*>(scratch), epilogue);
}
void PackBF32(Op op_b, std::size_t n, std::size_t k, const float* b, std::size_t b_stride,
              float* packed) {
  PackB<float>(n, k, {op_b, b, b_stride}, packed);
}
std::size_t PackedSizeF32(std::size_t n, std::size_t k) { return PaddedColumns<float>(n) * k; }
void GemmF64(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k, double alpha,
             const double* a, std::size_t a_stride, const double* b, std::size_t b_stride,
             double beta, double* c, std::size_t c_stride, void* scratch,
             const GemmEpilogue<double>& epilogue) {
  Gemm<double>(m, n, k, alpha, {op_a, a, a_stride}, {{op_b, b, b_stride}, nullptr, 0, 0}, beta, c,
               c_stride, static_cast<double*>(scratch), epilogue);
}
void GemmBatchF64(std::size_t count, Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k,
                  double alpha, const double* a, std::size_t a_stride, std::size_t a_step,
                  const double* b, std::size_t b_stride, std::size_t b_step, double beta, double* c,
                  std::size_t c_stride, std::size_t c_step, void* scratch) {
  GemmBatch<double>(count, m, n, k, alpha, {op_a, a, a_stride}, a_step, {op_b, b, b_stride}, b_step,
                    beta, c, c_stride, c_step, static_cast<double*>(scratch));
}
void GemmPackedF64(Op op_a, std::size_t m, std::size_t n, std::size_t k, double alpha,
                   const double* a, std::size_t a_stride, const double* packed,
                   std::size_t packed_n, std::size_t first, double beta, double* c,
                   std::size_t c_stride, void* scratch, const GemmEpilogue<double>& epilogue) {
  Gemm<double>(m, n, k, alpha, {op_a, a, a_stride},
               {{Op::kPlain, nullptr, 0}, packed, PaddedColumns<double>(packed_n), first}, beta, c,
               c_stride, static_cast<double*>(scratch), epilogue);
}
void PackBF64(Op op_b, std::size_t n, std::size_t k, const double* b, std::size_t b_stride,
              double* packed) {
  PackB<double>(n, k, {op_b, b, b_stride}, packed);
}
std::size_t PackedSizeF64(std::size_t n, std::size_t k) { return PaddedColumns<double>(n) * k; }
template <typename T>
std::size_t ScratchBytes(std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t depth = std::min(k, kDepth<T>) + kUnroll;
  const std::size_t rows = std::min(m, kBlockRows<T> + kTileRows);
  const std::size_t panels = m <= kBlockRows<T>
                                 ? Panels<T>::scratch_size(n, depth)
                                 : std::min(PaddedColumns<T>(n), kBlockCols<T>) * depth;
  return (panels + rows * PackedStride<T>(depth)) * sizeof(T);
}
std::size_t ScratchSize(std::size_t m, std::size_t n, std::size_t k) {
  return std::max(ScratchBytes<float>(m, n, k), ScratchBytes<double>(m, n, k));
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(GemmF32);
HWY_EXPORT(GemmF64);
HWY_EXPORT(GemmBatchF32);
HWY_EXPORT(GemmBatchF64);
HWY_EXPORT(GemmPackedF32);
HWY_EXPORT(GemmPackedF64);
HWY_EXPORT(PackBF32);
HWY_EXPORT(PackBF64);
HWY_EXPORT(PackedSizeF32);
HWY_EXPORT(PackedSizeF64);
HWY_EXPORT(ScratchSize);

std::size_t gemm_scratch_size(std::size_t m, std::size_t n, std::size_t k) {
  return HWY_DYNAMIC_DISPATCH(ScratchSize)(m, n, k);
}
void gemm(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k, float alpha,
          const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, float beta,
          float* c, std::size_t c_stride, void* scratch, GemmEpilogue<float> epilogue) {
  HWY_DYNAMIC_DISPATCH(GemmF32)
  (op_a, op_b, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride, scratch, epilogue);
}
void gemm(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k, double alpha,
          const double* a, std::size_t a_stride, const double* b, std::size_t b_stride, double beta,
          double* c, std::size_t c_stride, void* scratch, GemmEpilogue<double> epilogue) {
  HWY_DYNAMIC_DISPATCH(GemmF64)
  (op_a, op_b, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride, scratch, epilogue);
}
void gemm_batch(std::size_t count, Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k,
                float alpha, const float* a, std::size_t a_stride, std::size_t a_step,
                const float* b, std::size_t b_stride, std::size_t b_step, float beta, float* c,
                std::size_t c_stride, std::size_t c_step, void* scratch) {
  HWY_DYNAMIC_DISPATCH(GemmBatchF32)
  (count, op_a, op_b, m, n, k, alpha, a, a_stride, a_step, b, b_stride, b_step, beta, c, c_stride,
   c_step, scratch);
}
void gemm_packed(Op op_a, std::size_t m, std::size_t n, std::size_t k, float alpha, const float* a,
                 std::size_t a_stride, const float* packed, std::size_t packed_n, std::size_t first,
                 float beta, float* c, std::size_t c_stride, void* scratch,
                 GemmEpilogue<float> epilogue) {
  HWY_DYNAMIC_DISPATCH(GemmPackedF32)
  (op_a, m, n, k, alpha, a, a_stride, packed, packed_n, first, beta, c, c_stride, scratch,
   epilogue);
}
void gemm_pack_b(Op op_b, std::size_t n, std::size_t k, const float* b, std::size_t b_stride,
                 float* packed) {
  HWY_DYNAMIC_DISPATCH(PackBF32)(op_b, n, k, b, b_stride, packed);
}
template <>
std::size_t gemm_packed_size<float>(std::size_t n, std::size_t k) {
  return HWY_DYNAMIC_DISPATCH(PackedSizeF32)(n, k);
}
void gemm_batch(std::size_t count, Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k,
                double alpha, const double* a, std::size_t a_stride, std::size_t a_step,
                const double* b, std::size_t b_stride, std::size_t b_step, double beta, double* c,
                std::size_t c_stride, std::size_t c_step, void* scratch) {
  HWY_DYNAMIC_DISPATCH(GemmBatchF64)
  (count, op_a, op_b, m, n, k, alpha, a, a_stride, a_step, b, b_stride, b_step, beta, c, c_stride,
   c_step, scratch);
}
void gemm_packed(Op op_a, std::size_t m, std::size_t n, std::size_t k, double alpha,
                 const double* a, std::size_t a_stride, const double* packed, std::size_t packed_n,
                 std::size_t first, double beta, double* c, std::size_t c_stride, void* scratch,
                 GemmEpilogue<double> epilogue) {
  HWY_DYNAMIC_DISPATCH(GemmPackedF64)
  (op_a, m, n, k, alpha, a, a_stride, packed, packed_n, first, beta, c, c_stride, scratch,
   epilogue);
}
void gemm_pack_b(Op op_b, std::size_t n, std::size_t k, const double* b, std::size_t b_stride,
                 double* packed) {
  HWY_DYNAMIC_DISPATCH(PackBF64)(op_b, n, k, b, b_stride, packed);
}
template <>
std::size_t gemm_packed_size<double>(std::size_t n, std::size_t k) {
  return HWY_DYNAMIC_DISPATCH(PackedSizeF64)(n, k);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
