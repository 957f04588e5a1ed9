#include "surplus/autodiff/ops/pool2d.h"

#include "kernels/pool2d.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

using kernels::Pool2dShape;

std::size_t windows_of(const Pool2dShape& s) { return s.out_height() * s.out_width(); }

// body(images, first pixel of x, first pixel of y) for some of the images, on all threads.
template <typename Body>
void for_images(const Pool2dShape& s, std::size_t pixels, const Body& body) {
  const std::size_t size = s.height * s.width;
  for_rows({pixels / size, size * s.channels}, [&](std::size_t begin, std::size_t end) {
    body(end - begin, begin * size, begin * windows_of(s));
  });
}

template <typename T>
struct MaxPool {
  Pool2dShape shape;
  T* places;  // as y, without gaps
};

// t_y += t_x at the places, read where max_pool2d_input() would write.
template <typename T>
void push_max(Step<T>& step) {
  const auto& [s, places] = step.template data<MaxPool<T>>();
  const MatrixView<const T> t_x = step.t_x(0);
  const MatrixView<T> t_y = step.t_y();
  for_rows(t_y.shape(), [&, &shape = s, places = places](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t image = i / windows_of(shape),
                        row = i / shape.out_width() % shape.out_height(),
                        col = i % shape.out_width();
      for (std::size_t c = 0; c < t_y.cols(); ++c) {
        const auto place = static_cast<std::size_t>(places[i * t_y.cols() + c]);
        const std::size_t u = row * shape.stride + place / shape.window_width - shape.padding,
                          v = col * shape.stride + place % shape.window_width - shape.padding;
        t_y(i, c) += t_x((image * shape.height + u) * shape.width + v, c);
      }
    }
  });
}

template <typename T>
void pull_max(Step<T>& step) {
  if (!step.wants(0)) return;
  const MaxPool<T>& pool = step.template data<MaxPool<T>>();
  const MatrixView<const T> d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_images(pool.shape, d_x.rows(), [&](std::size_t n, std::size_t x, std::size_t y) {
    kernels::max_pool2d_input(pool.shape, n, d_y.data() + y * d_y.stride(), d_y.stride(),
                              pool.places + y * d_y.cols(), d_y.cols(),
                              d_x.data() + x * d_x.stride(), d_x.stride());
  });
}

template <typename T>
constexpr Op<T> kMaxPool{"max_pool2d", push_max<T>, pull_max<T>};

template <typename T>
void average(const Pool2dShape& s, MatrixView<const T> x, T beta, MatrixView<T> y) {
  for_images(s, x.rows(), [&](std::size_t n, std::size_t from, std::size_t to) {
    kernels::average_pool2d(s, n, x.data() + from * x.stride(), x.stride(), beta,
                            y.data() + to * y.stride(), y.stride());
  });
}

template <typename T>
void push_average(Step<T>& step) {
  average(step.template data<Pool2dShape>(), step.t_x(0), T{1}, step.t_y());
}

template <typename T>
void pull_average(Step<T>& step) {
  if (!step.wants(0)) return;
  const auto& s = step.template data<Pool2dShape>();
  const MatrixView<const T> d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_images(s, d_x.rows(), [&](std::size_t n, std::size_t x, std::size_t y) {
    kernels::average_pool2d_input(s, n, d_y.data() + y * d_y.stride(), d_y.stride(),
                                  d_x.data() + x * d_x.stride(), d_x.stride());
  });
}

template <typename T>
constexpr Op<T> kAveragePool{"average_pool2d", push_average<T>, pull_average<T>};

Pool2dShape shape_of(Shape x, const ImageWindows& w) {
  return {w.height, w.width, x.cols, w.window, w.window, w.stride, w.padding};
}

// Of the result.
Shape pooled(const Pool2dShape& s, Shape x) {
  return {x.rows / (s.height * s.width) * windows_of(s), x.cols};
}

template <typename T>
Var<T> recorded_average(Tape<T>& tape, const Var<T>& x, const Pool2dShape& s) {
  const auto [var, y] = tape.record(kAveragePool<T>, {x}, pooled(s, x.shape()), s);
  average(s, x.value(), T{0}, y);
  return var;
}

}  // namespace

template <typename T>
Var<T> max_pool2d(const Var<T>& x, const ImageWindows& windows) {
  Tape<T>& tape = common_tape("max_pool2d", {x});
  require_windows("max_pool2d", x.shape(), windows);
  const Pool2dShape s = shape_of(x.shape(), windows);
  const Shape shape = pooled(s, x.shape());
  T* const places = tape.template keep<T>(shape.rows * shape.cols);
  const auto [var, y] = tape.record(kMaxPool<T>, {x}, shape, MaxPool<T>{s, places});
  const MatrixView<const T> from = x.value();
  for_images(s, from.rows(), [&, y = y](std::size_t n, std::size_t first, std::size_t to) {
    kernels::max_pool2d(s, n, from.data() + first * from.stride(), from.stride(),
                        y.data() + to * y.stride(), y.stride(), places + to * y.cols(), y.cols());
  });
  return var;
}

template <typename T>
Var<T> average_pool2d(const Var<T>& x, const ImageWindows& windows) {
  Tape<T>& tape = common_tape("average_pool2d", {x});
  require_windows("average_pool2d", x.shape(), windows);
  return recorded_average(tape, x, shape_of(x.shape(), windows));
}

template <typename T>
Var<T> global_average_pool(const Var<T>& x, std::size_t pixels) {
  Tape<T>& tape = common_tape("global_average_pool", {x});
  SURPLUS_REQUIRE(pixels >= 1, ArgumentError, "global_average_pool", "there must be a pixel",
                  "pixels", pixels);
  const Shape shape = x.shape();
  SURPLUS_REQUIRE(shape.rows % pixels == 0, ShapeError, "global_average_pool",
                  "x must have a row per pixel of whole images", "x", shape, "pixels", pixels);
  return recorded_average(tape, x, {1, pixels, shape.cols, 1, pixels, 1, 0});
}

#define SURPLUS_INSTANTIATE(T)                                        \
  template Var<T> max_pool2d(const Var<T>&, const ImageWindows&);     \
  template Var<T> average_pool2d(const Var<T>&, const ImageWindows&); \
  template Var<T> global_average_pool(const Var<T>&, std::size_t);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
