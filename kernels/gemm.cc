#include "kernels/gemm.h"

#include <algorithm>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/gemm_pack-inl.h"
#include "kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Cache blocking, after Goto and van de Geijn (2008), Anatomy of high-performance matrix
// multiplication, for a row-major C:
//
//   for each run of kc of k                         C is read and written once per run
//     for each mc rows:     copy mc x kc of A       stays in L2
//       for each kTileCols columns: copy kc x kTileCols of B   stays in L1, used by all mc rows
//         for each kTileRows rows: a tile           its rows of A stream from L2
//
// kc: at most kMostDepth, and a panel of B takes L1 at most; what a tile streams through L1 beside it
//     pushes parts of it to L2, which at 128 bytes per 14 cycles keeps up. 192, 256 and 320 were
//     measured no faster than 384, and more depth is less traffic of C.
// mc: a block of A takes a quarter of L2; an eighth and a half were measured equal.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kL1Bytes = 48 << 10, kL2Bytes = 2 << 20;
#else
constexpr std::size_t kL1Bytes = 32 << 10, kL2Bytes = 1 << 20;
#endif
constexpr std::size_t kMostDepth = 384;
template <typename T>
constexpr std::size_t kDepth = std::min(kMostDepth, kL1Bytes / (kTileCols<T> * sizeof(T)));
template <typename T>
constexpr std::size_t kBlockRows = kL2Bytes / 4 / (kDepth<T> * sizeof(T));

constexpr std::size_t CeilDiv(std::size_t a, std::size_t b) { return a / b + (a % b != 0 ? 1 : 0); }

// A range cut into the fewest parts of at most `most`, as equal as multiples of `unit` allow: the
// last part of an uneven cut would be short, and short parts are slow.
struct Cut {
  Cut(std::size_t range, std::size_t most, std::size_t unit)
      : total(range), size(CeilDiv(CeilDiv(range, CeilDiv(range, most)), unit) * unit) {}
  std::size_t total, size;
  std::size_t length(std::size_t begin) const { return std::min(size, total - begin); }
};

// Up to this k, a tile is quick beside reading and writing its part of C: C is then gone through
// row by row, as memory likes it, and B, which is small, stays in cache without being packed.
constexpr std::size_t kShallow = 64;

// A is copied if it is used by many panels of columns, or by more than a few while its rows collide
// in L1: rows a multiple of 4 KiB apart, the span of its sets, share one set of 8 or 12 lines.
constexpr std::size_t kFewPanels = 2, kManyPanels = 16;
template <typename T>
HWY_INLINE bool Collides(std::size_t stride) {
  return stride * sizeof(T) % 4096 == 0;
}

// The rows of a packed block of A lie an odd number of cache lines apart, so that the rows of a tile
// fall into different sets of L1.
template <typename T>
HWY_INLINE std::size_t PackedStride(std::size_t depth) {
  constexpr std::size_t line = 64 / sizeof(T);
  return (CeilDiv(depth, line) | 1) * line;
}

template <typename T>
struct Operand {
  Op op;
  const T* data;
  std::size_t stride;

  // The address of element (i, j) of the operand as it enters the product.
  const T* at(std::size_t i, std::size_t j) const {
    return op == Op::kPlain ? data + i * stride + j : data + j * stride + i;
  }
};

template <typename T>
HWY_INLINE void Pack(const Operand<T>& from, std::size_t i, std::size_t j, std::size_t rows,
                     std::size_t cols, T* to, std::size_t to_stride) {
  if (from.op == Op::kPlain) {
    CopyBlock(rows, cols, from.at(i, j), from.stride, to, to_stride);
  } else {
    TransposeBlock(cols, rows, from.at(i, j), from.stride, to, to_stride);
  }
}

// The right operand: where it lies, or, if `packed` is not null, packed into panels of kTileCols
// columns. For each run of k, panel after panel stands there, each row by row; `columns` and
// `first`, the column that is the product's first, are multiples of kTileCols.
template <typename T>
struct RightOperand {
  Operand<T> plain;
  const T* packed;
  std::size_t columns, first;

  bool is_transposed() const { return packed == nullptr && plain.op == Op::kTransposed; }
  // Row p and on, `depth` of them, of the panel that begins with column j.
  const T* panel(std::size_t p, std::size_t j, std::size_t depth) const {
    return packed == nullptr ? plain.at(p, j) : packed + p * columns + (first + j) * depth;
  }
  std::size_t stride() const { return packed == nullptr ? plain.stride : kTileCols<T>; }
};

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
  const bool shallow = k <= kShallow && n > cols && !b.is_transposed();
  const Cut depths(k, kDepth<T>, kUnroll);
  const Cut blocks(m, shallow ? kTileRows : kBlockRows<T>, kTileRows);
  const bool packs_a = a.op == Op::kTransposed ||
                       (n > kFewPanels * cols && (n > kManyPanels * cols || Collides<T>(a.stride)));
  const bool copies_b = b.packed == nullptr && !b.is_transposed() && blocks.size > 2 * kTileRows;
  T* const panel = scratch;
  T* const block = scratch + depths.size * cols;

  for (std::size_t p = 0; p < k; p += depths.size) {
    const std::size_t depth = depths.length(p);
    const bool last = p + depth == k;
    for (std::size_t i = 0; i < m; i += blocks.size) {
      const std::size_t height = blocks.length(i), tiles = CeilDiv(height, kTileRows);
      const std::size_t least = height / tiles, longer = height - least * tiles;
      TileArgs<T> tile{};
      tile.k = depth;
      tile.alpha = alpha;
      tile.beta = p == 0 ? beta : T{1};
      tile.c_stride = c_stride;
      const T* rows_of_a = a.at(i, p);
      tile.a_stride = a.stride;
      if (packs_a) {
        tile.a_stride = PackedStride<T>(depth);
        Pack(a, i, p, height, depth, block, tile.a_stride);
        rows_of_a = block;
      }
      for (std::size_t j = 0; j < n; j += cols) {
        tile.cols = std::min(cols, n - j);
        tile.b = b.panel(p, j, depth);
        tile.b_stride = b.stride();
        tile.copy = copies_b ? panel : nullptr;
        if (b.is_transposed()) {
          Pack(b.plain, p, j, depth, tile.cols, panel, cols);
          tile.b = panel;
          tile.b_stride = cols;
        }
        // The first tiles fetch the next panel, each as many rows as it has turns of its loop.
        const bool has_next = !b.is_transposed() && j + cols < n;
        std::size_t fetched = 0;
        for (std::size_t t = 0, r = 0; t < tiles; ++t) {
          const std::size_t rows = least + (t < longer ? 1 : 0);
          tile.a = rows_of_a + r * tile.a_stride;
          tile.c = c + (i + r) * c_stride + j;
          if (has_next && fetched < depth) {
            tile.next = b.panel(p, j + cols, depth) + fetched * b.stride();
            tile.next_stride = b.stride();
            fetched += depth / kUnroll;
          } else {
            tile.next = tile.b;
            tile.next_stride = 0;
          }
          RunTile(rows, tile);
          if (tile.copy != nullptr) {  // the first tile has packed the panel for the others
            tile.b = panel;
            tile.b_stride = cols;
            tile.copy = nullptr;
          }
          if (last && epilogue.apply != nullptr) {
            epilogue.apply(epilogue.context, i + r, j, rows, tile.cols, tile.c, c_stride);
          }
          r += rows;
        }
      }
    }
  }
}

static_assert(kPackedColumns % kTileCols<float> == 0 && kPackedColumns % kTileCols<double> == 0);

template <typename T>
std::size_t PaddedColumns(std::size_t n) {
  return CeilDiv(n, kTileCols<T>) * kTileCols<T>;
}

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
  for (; count > 0; --count, a += a_step, b += b_step, c += c_step) {
    GemmF32(op_a, op_b, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride, scratch, {});
  }
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
  for (; count > 0; --count, a += a_step, b += b_step, c += c_step) {
    GemmF64(op_a, op_b, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride, scratch, {});
  }
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
std::size_t ScratchBytes(std::size_t m, std::size_t k) {
  const std::size_t depth = std::min(k, kDepth<T>) + kUnroll;
  const std::size_t rows = std::min(m, kBlockRows<T> + kTileRows);
  return (depth * kTileCols<T> + rows * PackedStride<T>(depth)) * sizeof(T);
}
std::size_t ScratchSize(std::size_t m, std::size_t k) {
  return std::max(ScratchBytes<float>(m, k), ScratchBytes<double>(m, k));
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

std::size_t gemm_scratch_size(std::size_t m, std::size_t, std::size_t k) {
  return HWY_DYNAMIC_DISPATCH(ScratchSize)(m, k);
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
