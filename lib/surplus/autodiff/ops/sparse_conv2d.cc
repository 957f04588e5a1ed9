#include "surplus/autodiff/ops/sparse_conv2d.h"

#include <algorithm>

#include "kernels/sparse.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"
#include "surplus/core/scratch.h"
#include "surplus/linalg/sparse_matmul.h"

namespace surplus::ad {
namespace {

struct Windows {
  ImageWindows at;
  std::size_t channels;

  std::size_t depth() const { return at.window * at.window * channels; }
  std::size_t from() const { return at.height * at.width; }
  std::size_t to() const { return at.out_height() * at.out_width(); }
};

// use(first number, row of x, rows) for the lines of the window of pixel `to` of the result, counted
// over all images, as far as they are in the image: so many pixels from that row of x on are the
// numbers of the window from there on.
template <typename Use>
void for_lines(const Windows& w, std::size_t to, const Use& use) {
  const std::size_t image = to / w.to(), pixel = to % w.to(), padding = w.at.padding;
  const std::size_t top = pixel / w.at.out_width() * w.at.stride,
                    left = pixel % w.at.out_width() * w.at.stride;
  const std::size_t skipped = left < padding ? padding - left : 0,
                    end = std::min(w.at.window, w.at.width + padding - left);
  for (std::size_t k = 0; k < w.at.window; ++k) {
    const std::size_t line = top + k - padding;  // above the image: beyond its height, as it wraps
    if (line >= w.at.height) continue;
    use((k * w.at.window + skipped) * w.channels,
        image * w.from() + line * w.at.width + left + skipped - padding, end - skipped);
  }
}

template <typename T>
void fill_tiles(const Windows& w, MatrixView<const T> x, MatrixView<T> y) {
  const std::size_t pixels = x.rows() / w.from() * w.to(), width = y.cols(), depth = w.depth();
  for_chunks({tile_count(pixels, width), 1}, [&](std::size_t tile, std::size_t) {
    const std::size_t first = tile * width, n = std::min(width, pixels - first);
    T* const windows = static_cast<T*>(thread_scratch(n * depth * sizeof(T)));
    if (w.at.padding > 0) std::fill_n(windows, n * depth, T{0});
    for (std::size_t i = 0; i < n; ++i) {
      for_lines(w, first + i, [&](std::size_t number, std::size_t row, std::size_t rows) {
        T* const to = windows + i * depth + number;
        if (x.is_contiguous()) {
          std::copy_n(x.row(row).data(), rows * w.channels, to);
          return;
        }
        for (std::size_t l = 0; l < rows; ++l) {
          std::copy_n(x.row(row + l).data(), w.channels, to + l * w.channels);
        }
      });
    }
    kernels::to_tile(n, depth, width, windows, depth, y.data() + tile * depth * y.stride(),
                     y.stride());
  });
}

template <typename T>
void push(Step<T>& step) {
  fill_tiles<T>(step.template data<Windows>(), step.t_x(0), step.t_y());
}

// Images are apart, though tiles reach across them.
template <typename T>
void pull(Step<T>& step) {
  if (!step.wants(0)) return;
  const auto& w = step.template data<Windows>();
  const MatrixView<const T> d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  const std::size_t width = d_y.cols(), depth = w.depth();
  for_chunks({d_x.rows() / w.from(), 1}, [&](std::size_t image, std::size_t) {
    T* const windows = static_cast<T*>(thread_scratch(width * depth * sizeof(T)));
    const std::size_t end = (image + 1) * w.to();
    for (std::size_t first = image * w.to(), n = 0; first < end; first += n) {
      const std::size_t at = first % width;
      n = std::min(width - at, end - first);
      kernels::from_tile(n, depth, d_y.data() + first / width * depth * d_y.stride() + at,
                         d_y.stride(), false, windows, depth);
      for (std::size_t i = 0; i < n; ++i) {
        for_lines(w, first + i, [&](std::size_t number, std::size_t row, std::size_t rows) {
          const T* from = windows + i * depth + number;
          for (std::size_t l = 0; l < rows; ++l, from += w.channels) {
            T* const to = d_x.row(row + l).data();
            for (std::size_t c = 0; c < w.channels; ++c) to[c] += from[c];
          }
        });
      }
    }
  });
}

template <typename T>
constexpr Op<T> kWindowTiles{"window_tiles", push<T>, pull<T>};

}  // namespace

template <typename T>
Var<T> window_tiles(const Var<T>& x, const ImageWindows& windows, std::size_t width) {
  Tape<T>& tape = common_tape("window_tiles", {x});
  require_windows("window_tiles", x.shape(), windows);
  const Windows w{windows, x.shape().cols};
  const std::size_t pixels = x.shape().rows / w.from() * w.to();
  if (width == 0) width = tile_width<T>(pixels);
  SURPLUS_REQUIRE(width % kTileUnit == 0, ArgumentError, "window_tiles",
                  "the width must be a multiple of 16", "width", width);
  const auto [var, y] =
      tape.record(kWindowTiles<T>, {x}, {tile_count(pixels, width) * w.depth(), width}, w);
  fill_tiles(w, x.value(), y);
  return var;
}

template <typename T>
Var<T> sparse_conv2d(const Var<T>& x, const Var<T>& values, const SparsePattern& pattern,
                     const ImageWindows& windows, const std::type_identity_t<Var<T>>& bias,
                     Activation f) {
  common_tape("sparse_conv2d", {x, values, bias});
  require_windows("sparse_conv2d", x.shape(), windows);
  const Windows w{windows, x.shape().cols};
  SURPLUS_REQUIRE(pattern.cols() == w.depth(), ShapeError, "sparse_conv2d",
                  "the pattern must have a column per number in a window of x", "pattern",
                  pattern.shape(), "x", x.shape(), "window", windows.window);
  const Var<T> y = sparse_linear(window_tiles(x, windows), values, pattern, bias, f);
  return from_tiles(y, x.shape().rows / w.from() * w.to());
}

#define SURPLUS_INSTANTIATE(T)                                                      \
  template Var<T> window_tiles(const Var<T>&, const ImageWindows&, std::size_t);    \
  template Var<T> sparse_conv2d(const Var<T>&, const Var<T>&, const SparsePattern&, \
                                const ImageWindows&, const Var<T>&, Activation);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
