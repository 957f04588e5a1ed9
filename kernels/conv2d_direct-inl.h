// Convolutions of few channels straight from the images, where copies of windows would cost the most.
// Included once per target, after kernels/conv2d.h.

#if defined(SURPLUS_KERNELS_CONV2D_DIRECT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_CONV2D_DIRECT_INL_H_
#undef SURPLUS_KERNELS_CONV2D_DIRECT_INL_H_
#else
#define SURPLUS_KERNELS_CONV2D_DIRECT_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/highway.h"
#include "kernels/conv2d_frame-inl.h"
#include "kernels/conv2d_tile-inl.h"
#include "kernels/gemm_pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Windows that begin in one line of the source lie a pixel, or `stride` of them, apart, and each is a run
// of numbers per line: gemm's tiles read them where they are, if a band of lines with the zeros around
// it has been copied. That is a copy per number instead of one per number and window.

// A panel of weights of this depth is in L1 beside the lines that the tiles read.
constexpr std::size_t kMostDepth = 384;
// Below so many pixels per line a tile has too few sums to keep the multipliers busy.
constexpr std::size_t kLeastWidth = 4;
// Pixels for which a panel of weights is used before the next one, and a grid before the next one.
constexpr std::size_t kBlockPixels = 64;
// Weights that stay in L1 as a whole: pixels are then written with all of their channels, as memory likes
// it.
constexpr std::size_t kAcrossBytes = 12 << 10;
// Of d_y, for the many tiles of conv2d_weights() that read it: five eighths of L1. Copied side by side, its
// panels were measured no faster. But a tile sums for some pixels before its sums go back to memory.
constexpr std::size_t kSummedBytes = 20 << 10, kLeastSummedPixels = 48;

// Whether the functions below serve. kForward is also the derivative with respect to the weights.
template <typename T>
bool IsDirect(const Conv2dShape& s, Conv2dPass pass) {
  bool is_direct =
      s.in > 0 && s.out > 0 && (pass == Conv2dPass::kForward ? s.out : s.in) % kLanes<T> == 0;
  ForGrids(s, pass, [&](const Grid& grid) HWY_ATTR {
    is_direct =
        is_direct && grid.depth() <= kMostDepth && grid.cols >= kLeastWidth && !grid.is_pointwise();
  });
  return is_direct;
}

// Weights, depth x n or the transpose, as panels.
template <typename T>
void DirectPack(bool transposed, std::size_t depth, std::size_t n, const T* w, std::size_t w_stride,
                T* packed) {
  for (std::size_t j = 0; j < n; j += kTileCols<T>, packed += depth * kTileCols<T>) {
    const std::size_t cols = std::min(kTileCols<T>, n - j);
    if (transposed) {
      TransposeBlock(cols, depth, w + j * w_stride, w_stride, packed, kTileCols<T>);
    } else {
      CopyBlock(depth, cols, w + j, w_stride, packed, kTileCols<T>);
    }
  }
}

// `count` rows of a grid, `to` and `windows` being of the first of them.
template <typename T>
HWY_INLINE void RunGrid(const Grid& grid, std::size_t count, std::size_t n, const Band<T>& band,
                        const T* windows, const T* packed, T beta, T* to, std::size_t to_stride) {
  const Heights wide(grid.cols, kTileRows), narrow(grid.cols, kNarrowTileRows);
  LineArgs<T> args{};
  args.a_stride = band.across;
  args.a_line = band.line;
  args.lines = grid.window_rows;
  args.run = grid.window_cols * grid.channels;
  args.beta = beta;
  args.c_stride = grid.step * to_stride;
  const std::size_t line = grid.step * grid.width * to_stride;
  const auto in_line = [&](std::size_t i, std::size_t j) HWY_ATTR {
    args.a = windows + i * band.down;
    args.c = to + i * line + j;
  };
  const std::size_t panel = grid.depth() * kTileCols<T>;
  args.b = packed;
  if (n > kTileCols<T> && n % kTileCols<T> == 0 && grid.depth() * n * sizeof(T) <= kAcrossBytes) {
    args.b_step = panel;
    for (std::size_t i = 0; i < count; ++i) {
      in_line(i, 0);
      RunAcross(wide, n, args);
    }
    return;
  }
  for (std::size_t j = 0; j < n; j += kTileCols<T>, args.b += panel) {
    for (std::size_t i = 0; i < count; ++i) {
      in_line(i, j);
      if (n - j > kLanes<T>) {
        RunAlong<2>(wide, args);
      } else {
        RunAlong<1>(narrow, args);
      }
    }
  }
}

// Zeros for some pixels of n channels.
template <typename T>
HWY_INLINE void Clear(std::size_t pixels, std::size_t n, T* to, std::size_t stride) {
  if (stride == n) {
    std::fill_n(to, pixels * n, T{0});
  } else {
    for (std::size_t i = 0; i < pixels; ++i, to += stride) std::fill_n(to, n, T{0});
  }
}

// conv2d() or conv2d_input(); `packed` holds the panels of the pass's grids, one after the other, each from
// a multiple of 16 elements on.
template <typename T>
void DirectConvolve(const Conv2dShape& s, Conv2dPass pass, std::size_t images, const T* source,
                    std::size_t source_stride, const T* packed, T beta, T* to,
                    std::size_t to_stride, T* scratch) {
  const Frame frame(s, pass);
  const std::size_t n = pass == Conv2dPass::kForward ? s.out : s.in;
  const std::size_t block = CeilDiv(kBlockPixels, std::max<std::size_t>(1, frame.cols));
  // Pixels that no window sees: with all others, and in one go, as memory likes it.
  bool leaves_pixels = false;
  ForGrids(s, pass,
           [&](const Grid& grid) HWY_ATTR { leaves_pixels = leaves_pixels || grid.depth() == 0; });
  for (std::size_t image = 0; image < images; ++image) {
    const T* const from = source + image * frame.height * frame.width * source_stride;
    ForBands(frame, from, source_stride, false, scratch,
             [&](const Band<T>& band, std::size_t begin, std::size_t end) HWY_ATTR {
               for (std::size_t row = begin; row < end; row += block) {
                 const std::size_t stop = std::min(end, row + block);
                 if (leaves_pixels && beta == T{0}) {
                   const std::size_t above = image * s.height, first = above + row * s.stride,
                                     last = above + std::min(s.height, stop * s.stride);
                   Clear((last - first) * s.width, n, to + first * s.width * to_stride, to_stride);
                 }
                 const T* weights = packed;
                 ForGrids(s, pass, [&](const Grid& grid) HWY_ATTR {
                   const T* const of_grid = weights;
                   weights +=
                       CeilDiv(CeilDiv(n, kTileCols<T>) * kTileCols<T> * grid.depth(), 16) * 16;
                   const std::size_t below = std::min(stop, grid.rows);
                   if (row >= below || grid.depth() == 0) return;
                   const T* const windows =
                       band.data + (row - begin) * band.down +
                       static_cast<std::size_t>(grid.first_row - frame.row_begin) * band.line +
                       static_cast<std::size_t>(grid.first_col - frame.col_begin) * band.pixel;
                   const std::size_t line = image * grid.height + grid.top + row * grid.step;
                   T* const first = to + (line * grid.width + grid.left) * to_stride;
                   RunGrid(grid, below - row, n, band, windows, of_grid, beta, first, to_stride);
                 });
               }
             });
  }
}

// conv2d_weights().
template <typename T>
void DirectWeights(const Conv2dShape& s, std::size_t images, const T* x, std::size_t x_stride,
                   const T* d_y, std::size_t d_y_stride, T beta, T* d_w, std::size_t d_w_stride,
                   T* scratch) {
  const Frame frame(s, Conv2dPass::kForward);
  const Grid grid = detail::forward_grid(s);
  const std::size_t run = s.window * s.in, n = s.out;
  T* const sums = scratch;  // depth x n
  T* const lines = sums + CeilDiv(s.depth() * n, 16) * 16;
  std::fill_n(sums, s.depth() * n, T{0});
  const std::size_t block =
      std::max(CeilDiv(kLeastSummedPixels, grid.cols), kSummedBytes / (grid.cols * n * sizeof(T)));
  for (std::size_t image = 0; image < images; ++image) {
    const T* const of_image = d_y + image * grid.pixels() * d_y_stride;
    ForBands(frame, x + image * s.height * s.width * x_stride, x_stride, true, lines,
             [&](const Band<T>& band, std::size_t begin, std::size_t end) HWY_ATTR {
               SumArgs<T> args{};
               args.cols = grid.cols;
               args.a_stride = band.across;
               args.a_line = band.down;
               args.b_stride = d_y_stride;
               args.b_line = grid.cols * d_y_stride;
               args.c_stride = n;
               for (std::size_t row = begin; row < end; row += block) {
                 args.lines = std::min(block, end - row);
                 const std::size_t following = std::min(block, end - row - args.lines) * grid.cols;
                 const T* const next = of_image + (row + block) * args.b_line;
                 for (std::size_t j = 0; j < n; j += kTileCols<T>) {
                   args.b = of_image + row * args.b_line + j;
                   for (std::size_t k = 0; k < s.window; ++k) {
                     for (std::size_t p = k; p < following; p += s.window)
                       FetchToL2(next + p * d_y_stride + j);
                     args.a = band.data + (row - begin) * args.a_line + k * band.line;
                     args.c = sums + k * run * n + j;
                     if (n - j > kLanes<T>) {
                       RunSums<2>(run, args);
                     } else {
                       RunSums<1>(run, args);
                     }
                   }
                 }
               }
             });
  }
  for (std::size_t o = 0; o < n; ++o, d_w += d_w_stride) {
    for (std::size_t e = 0; e < s.depth(); ++e) {
      d_w[e] = beta == T{0} ? sums[e * n + o] : d_w[e] + sums[e * n + o];
    }
  }
}

// Bytes, for the passes and types that are direct.
HWY_INLINE std::size_t DirectScratchBytes(const Conv2dShape& s) {
  std::size_t size = 0;
  for (const Conv2dPass pass : {Conv2dPass::kForward, Conv2dPass::kInput}) {
    if (!IsDirect<float>(s, pass) && !IsDirect<double>(s, pass)) continue;
    const Frame frame(s, pass);
    const std::size_t band =
        std::max(kBandBytes, frame.window() * frame.line * frame.channels * sizeof(double));
    const std::size_t sums = pass == Conv2dPass::kForward ? CeilDiv(s.depth() * s.out, 16) * 16 : 0;
    size = std::max(size, band + sums * sizeof(double));
  }
  return size;
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_CONV2D_DIRECT_INL_H_
