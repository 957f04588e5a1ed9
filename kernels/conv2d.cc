#include "kernels/conv2d.h"

#include <algorithm>
#include <cstring>

#include "kernels/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/conv2d_direct-inl.h"
#include "kernels/conv2d_grid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

std::size_t DirectScratchSize(const Conv2dShape& s) { return DirectScratchBytes(s); }

#define SURPLUS_DIRECT(T, NAME)                                                                    \
  bool IsDirect##NAME(const Conv2dShape& s, Conv2dPass pass) { return IsDirect<T>(s, pass); }      \
  void DirectPack##NAME(Op op, std::size_t depth, std::size_t n, const T* w, std::size_t w_stride, \
                        T* packed) {                                                               \
    DirectPack(op == Op::kTransposed, depth, n, w, w_stride, packed);                              \
  }                                                                                                \
  void DirectConvolve##NAME(const Conv2dShape& s, Conv2dPass pass, std::size_t n, const T* source, \
                            std::size_t source_stride, const T* packed, T beta, T* to,             \
                            std::size_t to_stride, void* scratch) {                                \
    DirectConvolve(s, pass, n, source, source_stride, packed, beta, to, to_stride,                 \
                   static_cast<T*>(scratch));                                                      \
  }                                                                                                \
  void DirectWeights##NAME(const Conv2dShape& s, std::size_t n, const T* x, std::size_t x_stride,  \
                           const T* d_y, std::size_t d_y_stride, T beta, T* d_w,                   \
                           std::size_t d_w_stride, void* scratch) {                                \
    DirectWeights(s, n, x, x_stride, d_y, d_y_stride, beta, d_w, d_w_stride,                       \
                  static_cast<T*>(scratch));                                                       \
  }
SURPLUS_DIRECT(float, F32)
SURPLUS_DIRECT(double, F64)
#undef SURPLUS_DIRECT

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {
namespace {

using detail::ceil_div;
using detail::Conv2dPass;
using detail::Grid;

HWY_EXPORT(DirectScratchSize);

template <typename T>
bool is_direct(const Conv2dShape& s, Conv2dPass pass);

#define SURPLUS_DIRECT(T, NAME)                                                               \
  HWY_EXPORT(IsDirect##NAME);                                                                 \
  HWY_EXPORT(DirectPack##NAME);                                                               \
  HWY_EXPORT(DirectConvolve##NAME);                                                           \
  HWY_EXPORT(DirectWeights##NAME);                                                            \
  template <>                                                                                 \
  bool is_direct<T>(const Conv2dShape& s, Conv2dPass pass) {                                  \
    return HWY_DYNAMIC_DISPATCH(IsDirect##NAME)(s, pass);                                     \
  }                                                                                           \
  void direct_pack(Op op, std::size_t depth, std::size_t n, const T* w, std::size_t w_stride, \
                   T* packed) {                                                               \
    HWY_DYNAMIC_DISPATCH(DirectPack##NAME)(op, depth, n, w, w_stride, packed);                \
  }                                                                                           \
  void direct_convolve(const Conv2dShape& s, Conv2dPass pass, std::size_t n, const T* source, \
                       std::size_t source_stride, const T* packed, T beta, T* to,             \
                       std::size_t to_stride, void* scratch) {                                \
    HWY_DYNAMIC_DISPATCH(DirectConvolve##NAME)                                                \
    (s, pass, n, source, source_stride, packed, beta, to, to_stride, scratch);                \
  }                                                                                           \
  void direct_weights(const Conv2dShape& s, std::size_t n, const T* x, std::size_t x_stride,  \
                      const T* d_y, std::size_t d_y_stride, T beta, T* d_w,                   \
                      std::size_t d_w_stride, void* scratch) {                                \
    HWY_DYNAMIC_DISPATCH(DirectWeights##NAME)                                                 \
    (s, n, x, x_stride, d_y, d_y_stride, beta, d_w, d_w_stride, scratch);                     \
  }
SURPLUS_DIRECT(float, F32)
SURPLUS_DIRECT(double, F64)
#undef SURPLUS_DIRECT

// Where conv2d_direct-inl.h does not serve: products of rows of windows and the weights.
//
// Rows of windows are copied kBlockRows at a time, the run of columns that one pass of gemm takes, to
// a block that stays in half of L2 beside the panels of weights: copying costs a load and a store per
// number that is then multiplied with all of `out`. 168 rows are whole tiles of 6 and of 14.
constexpr std::size_t kBlockRows = 168, kMostDepth = 384;
// conv2d_weights() sums over rows instead, so that its blocks are high and narrow.
constexpr std::size_t kSummedRows = 384, kMostColumns = 192;

// Cut into the fewest parts of at most `most`, equal but for rounding up to a multiple of `unit`.
std::size_t part_of(std::size_t range, std::size_t most, std::size_t unit) {
  const std::size_t parts = std::max<std::size_t>(1, ceil_div(range, most));
  return std::max<std::size_t>(unit, ceil_div(ceil_div(range, parts), unit) * unit);
}

// Rows of a block lie an odd number of cache lines apart, so that they fall into different sets of L1.
template <typename T>
std::size_t block_stride(std::size_t cols) {
  constexpr std::size_t line = 64 / sizeof(T);
  return (ceil_div(cols, line) | 1) * line;
}

// A pixel of a grid, counted through all images; divisions would take as long as its products.
struct Place {
  Place(const Grid& of, std::size_t number)
      : grid(of),
        image(number / of.pixels()),
        row(number / of.cols % of.rows),
        col(number % of.cols) {}
  void advance() {
    if (++col < grid.cols) return;
    col = 0;
    if (++row < grid.rows) return;
    row = 0;
    ++image;
  }
  const Grid& grid;
  std::size_t image, row, col;
};

// Runs are short, 36 bytes for 3 channels, so that a call of memcpy() would cost more than the copy:
// blocks, and the last of them over the one before.
template <std::size_t kBytes>
void copy_block(const char* from, std::size_t bytes, char* to) {
  for (std::size_t at = 0; at + kBytes <= bytes; at += kBytes) {
    std::memcpy(to + at, from + at, kBytes);
  }
  std::memcpy(to + bytes - kBytes, from + bytes - kBytes, kBytes);
}

template <typename T>
T* copy(const T* from, std::size_t count, T* to) {
  const std::size_t bytes = count * sizeof(T);
  const auto* const source = reinterpret_cast<const char*>(from);
  auto* const target = reinterpret_cast<char*>(to);
  if (bytes >= 32) {
    copy_block<32>(source, bytes, target);
  } else if (bytes >= 16) {
    copy_block<16>(source, bytes, target);
  } else if (bytes >= 8) {
    copy_block<8>(source, bytes, target);
  } else if (bytes > 0) {
    copy_block<4>(source, bytes, target);
  }
  return to + count;
}

template <typename T>
T* zeros(std::size_t count, T* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = 0;
  return to + count;
}

// Columns begin to end - 1 of the windows of a grid, as rows.
template <typename T>
class Windows {
 public:
  Windows(const Grid& grid, const T* source, std::size_t stride, std::size_t begin, std::size_t end)
      : grid_(grid),
        source_(source),
        stride_(stride),
        line_(grid.window_cols * grid.channels),
        first_line_(begin / line_),
        first_at_(begin % line_),
        end_(end),
        height_(static_cast<std::ptrdiff_t>(grid.source_height)),
        width_(static_cast<std::ptrdiff_t>(grid.source_width)) {}

  // Those of grid pixels first to first + count - 1, counted through all images, to rows of `to`.
  void copy_rows(std::size_t first, std::size_t count, T* to, std::size_t to_stride) const {
    Place place(grid_, first);
    for (std::size_t i = 0; i < count; ++i, to += to_stride, place.advance()) {
      const auto top = static_cast<std::ptrdiff_t>(place.row * grid_.source_step) + grid_.first_row;
      const auto left =
          static_cast<std::ptrdiff_t>(place.col * grid_.source_step) + grid_.first_col;
      if (stride_ == grid_.channels && top >= 0 && left >= 0 &&
          top + static_cast<std::ptrdiff_t>(grid_.window_rows) <= height_ &&
          left + static_cast<std::ptrdiff_t>(grid_.window_cols) <= width_) {
        copy_inside(place.image, top, left, to);
      } else {
        copy_clipped(place.image, top, left, to);
      }
    }
  }

 private:
  // use(line of the window, first and last number of it), the last one excluded.
  template <typename Use>
  void for_lines(const Use& use) const {
    for (std::size_t k = first_line_, at = first_at_; k * line_ + at < end_; ++k, at = 0) {
      use(k, at, std::min(line_, end_ - k * line_));
    }
  }

  // The first number of an image's line, moved to where a window begins in it: maybe before it.
  const T* line_at(std::size_t image, std::ptrdiff_t line, std::ptrdiff_t left) const {
    return source_ + ((static_cast<std::ptrdiff_t>(image) * height_ + line) * width_ + left) *
                         static_cast<std::ptrdiff_t>(stride_);
  }

  void copy_inside(std::size_t image, std::ptrdiff_t top, std::ptrdiff_t left, T* out) const {
    for_lines([&](std::size_t k, std::size_t at, std::size_t stop) {
      const T* const from = line_at(image, top + static_cast<std::ptrdiff_t>(k), left);
      out = copy(from + at, stop - at, out);
    });
  }

  // Zeros where the window is outside; pixel by pixel where the source has gaps.
  void copy_clipped(std::size_t image, std::ptrdiff_t top, std::ptrdiff_t left, T* out) const {
    const auto cols = static_cast<std::ptrdiff_t>(grid_.window_cols);
    const std::size_t channels = grid_.channels;
    const auto begin = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(-left, 0, cols));
    const auto end = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(width_ - left, 0, cols));
    for_lines([&](std::size_t k, std::size_t at, std::size_t stop) {
      const std::ptrdiff_t u = top + static_cast<std::ptrdiff_t>(k);
      if (u < 0 || u >= height_) {
        out = zeros(stop - at, out);
        return;
      }
      const std::size_t low = std::clamp(begin * channels, at, stop),
                        high = std::clamp(end * channels, low, stop);
      out = zeros(low - at, out);
      for (std::size_t l = low; l < high;) {
        const std::size_t pixel = l / channels, channel = l % channels;
        const std::size_t run =
            stride_ == channels ? high - l : std::min(high - l, channels - channel);
        const T* const from =
            line_at(image, u, left + static_cast<std::ptrdiff_t>(pixel)) + channel;
        out = copy(from, run, out);
        l += run;
      }
      out = zeros(stop - high, out);
    });
  }

  const Grid& grid_;
  const T* source_;
  std::size_t stride_, line_, first_line_, first_at_, end_;
  std::ptrdiff_t height_, width_;
};

template <typename T>
std::size_t packed_elements(std::size_t depth, std::size_t n) {
  return ceil_div(gemm_packed_size<T>(n, depth), 16) * 16;
}

// Weights, depth x n, as runs of rows that one pass of gemm takes.
template <typename T>
void pack(bool direct, Op op, std::size_t depth, std::size_t n, const T* w, std::size_t w_stride,
          T* packed) {
  if (direct) return direct_pack(op, depth, n, w, w_stride, packed);
  const std::size_t run = part_of(depth, kMostDepth, 4);
  for (std::size_t p = 0; p < depth; p += run) {
    const std::size_t k = std::min(run, depth - p);
    gemm_pack_b(op, n, k, w + (op == Op::kPlain ? p * w_stride : p), w_stride, packed);
    packed += gemm_packed_size<T>(n, k);
  }
}

// to = beta to + from, where the grid's pixels lie apart.
template <typename T>
void scatter(const Grid& grid, std::size_t first, std::size_t count, std::size_t n, const T* from,
             T beta, T* to, std::size_t to_stride) {
  Place place(grid, first);
  for (std::size_t i = 0; i < count; ++i, from += n, place.advance()) {
    T* const out =
        to + ((place.image * grid.height + grid.top + place.row * grid.step) * grid.width +
              grid.left + place.col * grid.step) *
                 to_stride;
    if (beta == T{0}) {
      copy(from, n, out);
    } else {
      for (std::size_t j = 0; j < n; ++j) out[j] += from[j];
    }
  }
}

// The grid's pixels of the result, n channels each, from the windows and the packed weights.
template <typename T>
void multiply(const Grid& grid, std::size_t images, std::size_t n, const T* source,
              std::size_t source_stride, const T* packed, T beta, T* to, std::size_t to_stride,
              T* scratch) {
  const std::size_t total = images * grid.pixels(), depth = grid.depth();
  if (total == 0 || n == 0 || (depth == 0 && beta != T{0})) return;
  const std::size_t run = part_of(depth, kMostDepth, 4), rows = part_of(total, kBlockRows, 1);
  const std::size_t stride = block_stride<T>(std::min(run, std::max<std::size_t>(1, depth)));
  T* const windows = scratch;
  T* const results = windows + kBlockRows * block_stride<T>(kMostDepth);
  T* const of_gemm = results + (grid.is_whole() ? 0 : ceil_div(kBlockRows * n, 16) * 16);
  for (std::size_t first = 0; first < total; first += rows) {
    const std::size_t count = std::min(rows, total - first);
    T* const c = grid.is_whole() ? to + first * to_stride : results;
    const std::size_t c_stride = grid.is_whole() ? to_stride : n;
    T factor = grid.is_whole() ? beta : T{0};
    const T* panels = packed;
    for (std::size_t p = 0; p < depth || p == 0; p += run) {
      const std::size_t k = std::min(run, depth - p);
      const T* a = windows;
      std::size_t a_stride = stride;
      if (grid.is_pointwise()) {
        a = source + first * source_stride + p;
        a_stride = source_stride;
      } else if (k > 0) {
        Windows(grid, source, source_stride, p, p + k).copy_rows(first, count, windows, stride);
      }
      gemm_packed(Op::kPlain, count, n, k, T{1}, a, a_stride, panels, n, 0, factor, c, c_stride,
                  of_gemm);
      panels += gemm_packed_size<T>(n, k);
      factor = 1;
    }
    if (!grid.is_whole()) scatter(grid, first, count, n, results, beta, to, to_stride);
  }
}

template <typename T>
void sum_windows(const Grid& grid, std::size_t images, std::size_t n, const T* source,
                 std::size_t source_stride, const T* d_y, std::size_t d_y_stride, T beta, T* d_w,
                 std::size_t d_w_stride, T* scratch) {
  const std::size_t total = images * grid.pixels(), depth = grid.depth();
  const std::size_t rows = part_of(total, kSummedRows, 1), run = part_of(depth, kMostColumns, 16);
  const std::size_t stride = block_stride<T>(run);
  T* const of_gemm = scratch + kSummedRows * block_stride<T>(kMostColumns);
  // Once for no rows at all, for beta.
  for (std::size_t first = 0; first < total || first == 0; first += rows) {
    const std::size_t count = std::min(rows, total - first);
    for (std::size_t p = 0; p < depth; p += run) {
      const std::size_t cols = std::min(run, depth - p);
      const T* b = scratch;
      std::size_t b_stride = stride;
      if (grid.is_pointwise()) {
        b = source + first * source_stride + p;
        b_stride = source_stride;
      } else if (count > 0) {
        Windows(grid, source, source_stride, p, p + cols).copy_rows(first, count, scratch, stride);
      }
      gemm(Op::kTransposed, Op::kPlain, n, cols, count, T{1}, d_y + first * d_y_stride, d_y_stride,
           b, b_stride, first == 0 ? beta : T{1}, d_w + p, d_w_stride, of_gemm);
    }
  }
}

template <typename T>
void convolve(const Conv2dShape& s, std::size_t n, const T* x, std::size_t x_stride,
              const T* packed, T beta, T* y, std::size_t y_stride, void* scratch) {
  if (is_direct<T>(s, Conv2dPass::kForward)) {
    direct_convolve(s, Conv2dPass::kForward, n, x, x_stride, packed, beta, y, y_stride, scratch);
  } else {
    multiply(detail::forward_grid(s), n, s.out, x, x_stride, packed, beta, y, y_stride,
             static_cast<T*>(scratch));
  }
}

template <typename T>
void sum_products(const Conv2dShape& s, std::size_t n, const T* x, std::size_t x_stride,
                  const T* d_y, std::size_t d_y_stride, T beta, T* d_w, std::size_t d_w_stride,
                  void* scratch) {
  if (is_direct<T>(s, Conv2dPass::kForward)) {
    direct_weights(s, n, x, x_stride, d_y, d_y_stride, beta, d_w, d_w_stride, scratch);
  } else {
    sum_windows(detail::forward_grid(s), n, s.out, x, x_stride, d_y, d_y_stride, beta, d_w,
                d_w_stride, static_cast<T*>(scratch));
  }
}

// The weights of each grid one after the other, behind a copy of them in their order.
template <typename T>
std::size_t input_copy_elements(const Conv2dShape& s) {
  return ceil_div(s.out * s.depth(), 16) * 16;
}

template <typename T>
void pack_for_input(const Conv2dShape& s, const T* w, std::size_t w_stride, T* packed) {
  T* const copied = packed;
  packed += input_copy_elements<T>(s);
  const bool direct = is_direct<T>(s, Conv2dPass::kInput);
  detail::for_each_grid(s, [&](const Grid& grid, std::size_t r, std::size_t c) {
    T* to = copied;
    // From the last tap to the first: so go the windows that a pixel is in.
    for (std::size_t k = grid.window_rows; k-- > 0;) {
      for (std::size_t l = grid.window_cols; l-- > 0;) {
        const std::size_t tap = (r + k * s.stride) * s.window + c + l * s.stride;
        for (std::size_t o = 0; o < s.out; ++o) to = copy(w + o * w_stride + tap * s.in, s.in, to);
      }
    }
    pack(direct, Op::kPlain, grid.depth(), s.in, copied, s.in, packed);
    packed += packed_elements<T>(grid.depth(), s.in);
  });
}

template <typename T>
void convolve_input(const Conv2dShape& s, std::size_t n, const T* d_y, std::size_t d_y_stride,
                    const T* packed, T beta, T* d_x, std::size_t d_x_stride, void* scratch) {
  packed += input_copy_elements<T>(s);
  if (is_direct<T>(s, Conv2dPass::kInput)) {
    return direct_convolve(s, Conv2dPass::kInput, n, d_y, d_y_stride, packed, beta, d_x, d_x_stride,
                           scratch);
  }
  detail::for_each_grid(s, [&](const Grid& grid, std::size_t, std::size_t) {
    multiply(grid, n, s.in, d_y, d_y_stride, packed, beta, d_x, d_x_stride,
             static_cast<T*>(scratch));
    packed += packed_elements<T>(grid.depth(), s.in);
  });
}

template <typename T>
std::size_t packed_input_elements(const Conv2dShape& s) {
  std::size_t size = input_copy_elements<T>(s);
  detail::for_each_grid(s, [&](const Grid& grid, std::size_t, std::size_t) {
    size += packed_elements<T>(grid.depth(), s.in);
  });
  return size;
}

}  // namespace

std::size_t conv2d_scratch_size(const Conv2dShape& s) {
  const std::size_t wider = std::max(s.in, s.out);
  const std::size_t results = s.stride == 1 ? 0 : ceil_div(kBlockRows * s.in, 16) * 16;
  const std::size_t of_products =
      (kBlockRows * block_stride<double>(kMostDepth) + results) * sizeof(double) +
      gemm_scratch_size(kBlockRows, wider, kMostDepth);
  const std::size_t of_sums = kSummedRows * block_stride<double>(kMostColumns) * sizeof(double) +
                              gemm_scratch_size(s.out, kMostColumns, kSummedRows);
  return std::max({of_products, of_sums, HWY_DYNAMIC_DISPATCH(DirectScratchSize)(s)});
}

template <>
std::size_t conv2d_packed_size<float>(const Conv2dShape& s) {
  return packed_elements<float>(s.depth(), s.out);
}
template <>
std::size_t conv2d_packed_size<double>(const Conv2dShape& s) {
  return packed_elements<double>(s.depth(), s.out);
}
template <>
std::size_t conv2d_packed_input_size<float>(const Conv2dShape& s) {
  return packed_input_elements<float>(s);
}
template <>
std::size_t conv2d_packed_input_size<double>(const Conv2dShape& s) {
  return packed_input_elements<double>(s);
}

void conv2d_pack(const Conv2dShape& s, const float* w, std::size_t w_stride, float* packed) {
  pack(is_direct<float>(s, Conv2dPass::kForward), Op::kTransposed, s.depth(), s.out, w, w_stride,
       packed);
}
void conv2d_pack(const Conv2dShape& s, const double* w, std::size_t w_stride, double* packed) {
  pack(is_direct<double>(s, Conv2dPass::kForward), Op::kTransposed, s.depth(), s.out, w, w_stride,
       packed);
}
void conv2d_pack_input(const Conv2dShape& s, const float* w, std::size_t w_stride, float* packed) {
  pack_for_input(s, w, w_stride, packed);
}
void conv2d_pack_input(const Conv2dShape& s, const double* w, std::size_t w_stride,
                       double* packed) {
  pack_for_input(s, w, w_stride, packed);
}

void conv2d(const Conv2dShape& s, std::size_t n, const float* x, std::size_t x_stride,
            const float* packed, float beta, float* y, std::size_t y_stride, void* scratch) {
  convolve(s, n, x, x_stride, packed, beta, y, y_stride, scratch);
}
void conv2d(const Conv2dShape& s, std::size_t n, const double* x, std::size_t x_stride,
            const double* packed, double beta, double* y, std::size_t y_stride, void* scratch) {
  convolve(s, n, x, x_stride, packed, beta, y, y_stride, scratch);
}

void conv2d_input(const Conv2dShape& s, std::size_t n, const float* d_y, std::size_t d_y_stride,
                  const float* packed, float beta, float* d_x, std::size_t d_x_stride,
                  void* scratch) {
  convolve_input(s, n, d_y, d_y_stride, packed, beta, d_x, d_x_stride, scratch);
}
void conv2d_input(const Conv2dShape& s, std::size_t n, const double* d_y, std::size_t d_y_stride,
                  const double* packed, double beta, double* d_x, std::size_t d_x_stride,
                  void* scratch) {
  convolve_input(s, n, d_y, d_y_stride, packed, beta, d_x, d_x_stride, scratch);
}

void conv2d_weights(const Conv2dShape& s, std::size_t n, const float* x, std::size_t x_stride,
                    const float* d_y, std::size_t d_y_stride, float beta, float* d_w,
                    std::size_t d_w_stride, void* scratch) {
  sum_products(s, n, x, x_stride, d_y, d_y_stride, beta, d_w, d_w_stride, scratch);
}
void conv2d_weights(const Conv2dShape& s, std::size_t n, const double* x, std::size_t x_stride,
                    const double* d_y, std::size_t d_y_stride, double beta, double* d_w,
                    std::size_t d_w_stride, void* scratch) {
  sum_products(s, n, x, x_stride, d_y, d_y_stride, beta, d_w, d_w_stride, scratch);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
