// How the pixels of a convolution's result see those of its source, whichever way it is computed. Included
// once, after kernels/conv2d.h.
#ifndef SURPLUS_KERNELS_CONV2D_GRID_INL_H_
#define SURPLUS_KERNELS_CONV2D_GRID_INL_H_

#include <cstddef>

namespace surplus::kernels::detail {

// Both conv2d() and conv2d_input() are products of a matrix of windows, a row per pixel of the
// result, and the weights: those of the result's pixels that see the same weights form a grid. For
// conv2d() there is one grid; pixels u, v of d_x with the same remainders of u + padding and
// v + padding modulo the stride form one, with every stride-th line and column of the weights, turned
// round.

enum class Conv2dPass { kForward, kInput };

constexpr std::size_t ceil_div(std::size_t a, std::size_t b) { return a / b + (a % b != 0); }

// A grid of result pixels and the windows of source pixels that they see.
struct Grid {
  std::size_t rows = 0, cols = 0;     // of the grid, per image
  std::size_t top = 0, left = 0;      // of the grid's first pixel in the result
  std::size_t step = 1;               // between its pixels in the result
  std::size_t height = 0, width = 0;  // of the result
  std::size_t source_height = 0, source_width = 0, channels = 0;
  std::size_t source_step = 1;                  // between windows
  std::ptrdiff_t first_row = 0, first_col = 0;  // of the first window, in the source
  std::size_t window_rows = 0, window_cols = 0;

  std::size_t pixels() const { return rows * cols; }
  std::size_t depth() const { return window_rows * window_cols * channels; }
  // Whether the grid is the result, and its pixels see one pixel each: themselves.
  bool is_whole() const { return step == 1; }
  bool is_pointwise() const {
    return window_rows == 1 && window_cols == 1 && source_step == 1 && step == 1 &&
           first_row == 0 && first_col == 0 && source_height == height && source_width == width;
  }
};

inline Grid forward_grid(const Conv2dShape& s) {
  const auto before = -static_cast<std::ptrdiff_t>(s.padding);
  return {.rows = s.out_height(),
          .cols = s.out_width(),
          .height = s.out_height(),
          .width = s.out_width(),
          .source_height = s.height,
          .source_width = s.width,
          .channels = s.in,
          .source_step = s.stride,
          .first_row = before,
          .first_col = before,
          .window_rows = s.window,
          .window_cols = s.window};
}

// One direction of a grid of conv2d_input(): of the pixels with remainder r, and of the weights with
// remainder r.
struct Phase {
  Phase(std::size_t size, std::size_t r, const Conv2dShape& s)
      : first((r + s.stride - s.padding % s.stride) % s.stride),
        count(size > first ? ceil_div(size - first, s.stride) : 0),
        taps(s.window > r ? ceil_div(s.window - r, s.stride) : 0),
        // Of pixel `first`: the last tap sees the lowest window.
        source(static_cast<std::ptrdiff_t>((first + s.padding - r) / s.stride) -
               static_cast<std::ptrdiff_t>(taps) + 1) {}
  std::size_t first, count, taps;
  std::ptrdiff_t source;
};

// Calls use(grid, row remainder, column remainder) for the stride^2 grids of conv2d_input().
template <typename Use>
void for_each_grid(const Conv2dShape& s, const Use& use) {
  for (std::size_t r = 0; r < s.stride; ++r) {
    for (std::size_t c = 0; c < s.stride; ++c) {
      const Phase rows(s.height, r, s), cols(s.width, c, s);
      use(Grid{.rows = rows.count,
               .cols = cols.count,
               .top = rows.first,
               .left = cols.first,
               .step = s.stride,
               .height = s.height,
               .width = s.width,
               .source_height = s.out_height(),
               .source_width = s.out_width(),
               .channels = s.out,
               .source_step = 1,
               .first_row = rows.source,
               .first_col = cols.source,
               .window_rows = rows.taps,
               .window_cols = cols.taps},
          r, c);
    }
  }
}

}  // namespace surplus::kernels::detail

#endif  // SURPLUS_KERNELS_CONV2D_GRID_INL_H_
