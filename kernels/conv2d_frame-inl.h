// The lines of an image with the zeros around it that windows are read from. Included once per target, after
// kernels/conv2d.h.

#if defined(SURPLUS_KERNELS_CONV2D_FRAME_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_CONV2D_FRAME_INL_H_
#undef SURPLUS_KERNELS_CONV2D_FRAME_INL_H_
#else
#define SURPLUS_KERNELS_CONV2D_FRAME_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/highway.h"
#include "kernels/conv2d_grid-inl.h"
#include "kernels/gemm_pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

using detail::Conv2dPass;
using detail::Grid;

// The band is in L2, as are the lines of the result that it is used for.
constexpr std::size_t kBandBytes = 128 << 10;

// use(grid) for those of a pass.
template <typename Use>
HWY_INLINE void ForGrids(const Conv2dShape& s, Conv2dPass pass, const Use& use) {
  if (pass == Conv2dPass::kForward) {
    use(detail::forward_grid(s));
  } else {
    detail::for_each_grid(s,
                          [&](const Grid& grid, std::size_t, std::size_t) HWY_ATTR { use(grid); });
  }
}

// The part of the source that the windows of all grids of a pass lie in, and what is copied of it.
struct Frame {
  Frame(const Conv2dShape& s, Conv2dPass pass) {
    bool first = true;
    ForGrids(s, pass, [&](const Grid& grid) HWY_ATTR {
      channels = grid.channels;
      step = grid.source_step;
      height = grid.source_height;
      width = grid.source_width;
      rows = std::max(rows, grid.rows);
      if (grid.pixels() == 0 || grid.depth() == 0) return;
      const auto below = grid.first_row + static_cast<std::ptrdiff_t>(grid.window_rows),
                 right = grid.first_col + static_cast<std::ptrdiff_t>(grid.window_cols);
      cols = std::max(cols, grid.cols);
      row_begin = first ? grid.first_row : std::min(row_begin, grid.first_row);
      col_begin = first ? grid.first_col : std::min(col_begin, grid.first_col);
      row_end = first ? below : std::max(row_end, below);
      col_end = first ? right : std::max(col_end, right);
      window_cols = std::max(window_cols, grid.window_cols);
      first = false;
    });
    if (first) return;
    line = (cols - 1) * step + static_cast<std::size_t>(col_end - col_begin);
    const auto last_row = static_cast<std::ptrdiff_t>((rows - 1) * step) + row_end,
               last_col = col_begin + static_cast<std::ptrdiff_t>(line);
    is_inside = row_begin >= 0 && col_begin >= 0 &&
                last_row <= static_cast<std::ptrdiff_t>(height) &&
                last_col <= static_cast<std::ptrdiff_t>(width);
  }

  std::size_t window() const { return static_cast<std::size_t>(row_end - row_begin); }
  // Lines that are copied at a time.
  template <typename T>
  std::size_t lines() const {
    const std::size_t bytes = std::max<std::size_t>(1, line * channels * sizeof(T));
    return std::max(window(), kBandBytes / bytes);
  }

  std::size_t channels = 0, step = 1, height = 0, width = 0;
  std::size_t rows = 0, cols = 0;             // of the highest grid
  std::ptrdiff_t row_begin = 0, row_end = 0;  // of the windows of its first line
  std::ptrdiff_t col_begin = 0, col_end = 0;
  std::size_t window_cols = 0;
  std::size_t line = 0;    // pixels
  bool is_inside = false;  // of the source: no zeros are needed
};

// Lines of an image in a frame, from one on.
template <typename T>
struct Band {
  const T* data;
  std::size_t pixel, line;   // distances
  std::size_t across, down;  // between windows
};

// use(band, first row of the grids, last one excluded), again and again down an image. If `together`, windows
// of one pixel lie side by side: those a power of 2 apart share few sets of L1.
template <typename T, typename Use>
HWY_INLINE void ForBands(const Frame& frame, const T* image, std::size_t stride, bool together,
                         T* scratch, const Use& use) {
  const std::size_t channels = frame.channels;
  if (frame.is_inside && (stride == channels || frame.window_cols <= 1)) {
    const T* const corner = image + (static_cast<std::size_t>(frame.row_begin) * frame.width +
                                     static_cast<std::size_t>(frame.col_begin)) *
                                        stride;
    const std::size_t across = frame.step * stride, down = frame.step * frame.width * stride;
    if (!together || frame.step == 1 || frame.window() > 1 || frame.window_cols > 1) {
      use(Band<T>{corner, stride, frame.width * stride, across, down}, std::size_t{0}, frame.rows);
      return;
    }
    const std::size_t line = frame.cols * channels,
                      rows = std::max<std::size_t>(1, kBandBytes / (line * sizeof(T)));
    for (std::size_t row = 0; row < frame.rows; row += rows) {
      const std::size_t stop = std::min(frame.rows, row + rows);
      for (std::size_t i = row; i < stop; ++i) {
        CopyBlock(frame.cols, channels, corner + i * down, across, scratch + (i - row) * line,
                  channels);
      }
      use(Band<T>{scratch, channels, line, channels, line}, row, stop);
    }
    return;
  }
  const std::size_t line = frame.line * channels;
  const std::size_t rows =
      std::max<std::size_t>(1, (frame.lines<T>() - frame.window()) / frame.step + 1);
  const auto clip = [](std::ptrdiff_t at, std::size_t most) {
    return static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(most)));
  };
  // Of a line, pixels begin to end - 1 are of the image.
  const std::size_t begin = clip(-frame.col_begin, frame.line),
                    end = std::max(begin,
                                   clip(static_cast<std::ptrdiff_t>(frame.width) - frame.col_begin,
                                        frame.line));
  for (std::size_t row = 0; row < frame.rows; row += rows) {
    const std::size_t stop = std::min(frame.rows, row + rows);
    const std::size_t count = (stop - row - 1) * frame.step + frame.window();
    for (std::size_t i = 0; i < count; ++i) {
      T* to = scratch + i * line;
      const auto from_line = frame.row_begin + static_cast<std::ptrdiff_t>(row * frame.step + i);
      if (from_line < 0 || from_line >= static_cast<std::ptrdiff_t>(frame.height)) {
        std::fill_n(to, line, T{0});
        continue;
      }
      std::fill_n(to, begin * channels, T{0});
      if (end > begin) {
        const T* const from =
            image +
            (static_cast<std::size_t>(from_line) * frame.width +
             static_cast<std::size_t>(frame.col_begin + static_cast<std::ptrdiff_t>(begin))) *
                stride;
        const bool is_dense = stride == channels;
        CopyBlock(is_dense ? 1 : end - begin, is_dense ? (end - begin) * channels : channels, from,
                  stride, to + begin * channels, channels);
      }
      std::fill_n(to + end * channels, line - end * channels, T{0});
    }
    use(Band<T>{scratch, channels, line, frame.step * channels, frame.step * line}, row, stop);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_CONV2D_FRAME_INL_H_
