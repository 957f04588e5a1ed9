#include "surplus/autodiff/ops/conv2d.h"

#include <algorithm>

#include "kernels/conv2d.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"
#include "surplus/core/scratch.h"

namespace surplus::ad {
namespace {

using kernels::Conv2dShape;

// Pixels of the result that a task computes at least: some passes of the kernel's blocks.
constexpr std::size_t kTaskPixels = 1024;
// The gradient of the weights is summed over the pixels: in parts, as many as threads may share but
// no more than this, because each has the size of the weights.
constexpr std::size_t kMostParts = 8;

// body(first image, images, scratch) for all of n images, on all threads.
template <typename Body>
void for_images(const Conv2dShape& shape, std::size_t n, const Body& body) {
  const std::size_t pixels = std::max<std::size_t>(1, shape.out_height() * shape.out_width());
  for_chunks({n, (kTaskPixels + pixels - 1) / pixels}, [&](std::size_t begin, std::size_t end) {
    body(begin, end - begin, thread_scratch(kernels::conv2d_scratch_size(shape)));
  });
}

std::size_t images_of(const Conv2dShape& shape, std::size_t pixels) {
  return pixels / (shape.height * shape.width);
}

// y = beta y + conv(x, w); `packed` is scratch of conv2d_packed_size().
template <typename T>
void convolve(const Conv2dShape& shape, MatrixView<const T> x, MatrixView<const T> w, T* packed,
              T beta, MatrixView<T> y) {
  kernels::conv2d_pack(shape, w.data(), w.stride(), packed);
  const std::size_t from = shape.height * shape.width, to = shape.out_height() * shape.out_width();
  for_images(shape, images_of(shape, x.rows()),
             [&](std::size_t first, std::size_t n, void* scratch) {
               kernels::conv2d(shape, n, x.data() + first * from * x.stride(), x.stride(), packed,
                               beta, y.data() + first * to * y.stride(), y.stride(), scratch);
             });
}

// d_x = beta d_x + its part of d_y.
template <typename T>
void pull_input(Step<T>& step, const Conv2dShape& shape, MatrixView<const T> w) {
  if (!step.wants(0)) return;
  const auto target = step.d_x_unset(0);
  const MatrixView<T> d_x = target.d;
  const MatrixView<const T> d_y = step.d_y();
  T* const packed = step.scratch(1, kernels::conv2d_packed_input_size<T>(shape)).data();
  kernels::conv2d_pack_input(shape, w.data(), w.stride(), packed);
  const std::size_t from = shape.out_height() * shape.out_width(), to = shape.height * shape.width;
  for_images(shape, images_of(shape, d_x.rows()),
             [&](std::size_t first, std::size_t n, void* scratch) {
               kernels::conv2d_input(shape, n, d_y.data() + first * from * d_y.stride(),
                                     d_y.stride(), packed, target.beta,
                                     d_x.data() + first * to * d_x.stride(), d_x.stride(), scratch);
             });
}

// d_w = beta d_w + the products of d_y and the windows of x; parts of the images in parts of the sum.
template <typename T>
void pull_weights(Step<T>& step, const Conv2dShape& shape, MatrixView<const T> x) {
  if (!step.wants(1)) return;
  const auto target = step.d_x_unset(1);
  const MatrixView<T> d_w = target.d;
  const MatrixView<const T> d_y = step.d_y();
  const std::size_t n = images_of(shape, x.rows());
  const std::size_t from = shape.height * shape.width, to = shape.out_height() * shape.out_width();
  const std::size_t parts = std::clamp<std::size_t>(n * to / kTaskPixels, 1, kMostParts);
  const Chunks chunks{n, std::max<std::size_t>(1, (n + parts - 1) / parts)};
  const std::size_t size = d_w.rows() * d_w.cols();
  const MatrixView<T> sums = step.scratch(chunks.count() > 1 ? chunks.count() - 1 : 0, size);
  const auto sum_part = [&](std::size_t part, std::size_t begin, std::size_t images) {
    T* const to_part = part == 0 ? d_w.data() : sums.row(part - 1).data();
    kernels::conv2d_weights(shape, images, x.data() + begin * from * x.stride(), x.stride(),
                            d_y.data() + begin * to * d_y.stride(), d_y.stride(),
                            part == 0 ? target.beta : T{0}, to_part,
                            part == 0 ? d_w.stride() : d_w.cols(),
                            thread_scratch(kernels::conv2d_scratch_size(shape)));
  };
  if (n == 0) return sum_part(0, 0, 0);
  for_chunks(chunks, [&](std::size_t begin, std::size_t end) {
    sum_part(begin / chunks.size, begin, end - begin);
  });
  for (std::size_t part = 0; part < sums.rows(); ++part) {
    reduce_add<T>(MatrixView<T>(sums.row(part).data(), d_w.rows(), d_w.cols()), d_w);
  }
}

template <typename T>
void push(Step<T>& step) {
  const auto& shape = step.template data<Conv2dShape>();
  T* const packed = step.scratch(1, kernels::conv2d_packed_size<T>(shape)).data();
  if (step.moves(0)) convolve(shape, step.t_x(0), step.x(1), packed, T{1}, step.t_y());
  if (step.moves(1)) convolve(shape, step.x(0), step.t_x(1), packed, T{1}, step.t_y());
}

template <typename T>
void pull(Step<T>& step) {
  const auto& shape = step.template data<Conv2dShape>();
  pull_input(step, shape, step.x(1));
  pull_weights(step, shape, step.x(0));
}

template <typename T>
void curvature(Step<T>& step) {
  const auto& shape = step.template data<Conv2dShape>();
  if (step.moves(1)) pull_input(step, shape, step.t_x(1));
  if (step.moves(0)) pull_weights(step, shape, step.t_x(0));
}

template <typename T>
constexpr Op<T> kConv2d{"conv2d", push<T>, pull<T>, curvature<T>};

// use(element of an image's row, pixel, channel) for rows that are images: to[i, ...] from pixels.
template <typename T, typename Use>
void for_image_rows(MatrixView<const T> images, std::size_t channels, const Use& use) {
  const std::size_t pixels = images.cols() / channels;
  for_rows(images.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t p = 0; p < pixels; ++p) {
        for (std::size_t c = 0; c < channels; ++c) use(i, c * pixels + p, i * pixels + p, c);
      }
    }
  });
}

template <typename T>
void push_channels(Step<T>& step) {
  const MatrixView<const T> t_x = step.t_x(0);
  const MatrixView<T> t_y = step.t_y();
  for_image_rows(t_x, step.template data<std::size_t>(),
                 [&](auto i, auto at, auto pixel, auto c) { t_y(pixel, c) += t_x(i, at); });
}

template <typename T>
void pull_channels(Step<T>& step) {
  if (!step.wants(0)) return;
  const MatrixView<const T> d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_image_rows<T>(d_x, step.template data<std::size_t>(),
                    [&](auto i, auto at, auto pixel, auto c) { d_x(i, at) += d_y(pixel, c); });
}

template <typename T>
constexpr Op<T> kChannelsLast{"channels_last", push_channels<T>, pull_channels<T>};

}  // namespace

void require_windows(const char* function, Shape x, const ImageWindows& w) {
  SURPLUS_REQUIRE(w.window >= 1 && w.stride >= 1 && w.padding < w.window, ArgumentError, function,
                  "window and stride must be at least 1 and padding below window", "window",
                  w.window, "stride", w.stride, "padding", w.padding);
  SURPLUS_REQUIRE(
      w.height >= 1 && w.width >= 1 && std::min(w.height, w.width) + 2 * w.padding >= w.window,
      ArgumentError, function, "images must be as large as a window", "height", w.height, "width",
      w.width, "window", w.window, "padding", w.padding);
  SURPLUS_REQUIRE(x.rows % (w.height * w.width) == 0, ShapeError, function,
                  "x must have a row per pixel of whole images", "x", x, "height", w.height,
                  "width", w.width);
}

template <typename T>
Var<T> conv2d(const Var<T>& x, const Var<T>& w, const ImageWindows& windows) {
  Tape<T>& tape = common_tape("conv2d", {x, w});
  require_windows("conv2d", x.shape(), windows);
  const std::size_t in = x.shape().cols, out = w.shape().rows;
  SURPLUS_REQUIRE(w.shape().cols == windows.window * windows.window * in, ShapeError, "conv2d",
                  "w must have a column per number in a window of x", "w", w.shape(), "x",
                  x.shape(), "window", windows.window);
  const Conv2dShape shape{windows.height, windows.width,  in, out, windows.window,
                          windows.stride, windows.padding};
  const std::size_t n = images_of(shape, x.shape().rows);
  T* const packed = tape.template keep<T>(kernels::conv2d_packed_size<T>(shape));
  const auto [var, y] =
      tape.record(kConv2d<T>, {x, w}, {n * shape.out_height() * shape.out_width(), out}, shape);
  convolve(shape, x.value(), w.value(), packed, T{0}, y);
  return var;
}

template <typename T>
Var<T> channels_last(const Var<T>& x, std::size_t channels) {
  Tape<T>& tape = common_tape("channels_last", {x});
  SURPLUS_REQUIRE(channels >= 1, ArgumentError, "channels_last", "there must be a channel",
                  "channels", channels);
  const auto [rows, cols] = x.shape();
  SURPLUS_REQUIRE(cols % channels == 0, ShapeError, "channels_last",
                  "x must have equally many columns per channel", "x", x.shape(), "channels",
                  channels);
  const auto [var, y] =
      tape.record(kChannelsLast<T>, {x}, {rows * (cols / channels), channels}, channels);
  const MatrixView<const T> from = x.value();
  for_image_rows(from, channels,
                 [&, y = y](auto i, auto at, auto pixel, auto c) { y(pixel, c) = from(i, at); });
  return var;
}

#define SURPLUS_INSTANTIATE(T)                                               \
  template Var<T> conv2d(const Var<T>&, const Var<T>&, const ImageWindows&); \
  template Var<T> channels_last(const Var<T>&, std::size_t);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
