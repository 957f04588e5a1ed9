/// Pooling as one would write it.
#ifndef SURPLUS_KERNELS_REFERENCE_POOL2D_H_
#define SURPLUS_KERNELS_REFERENCE_POOL2D_H_

#include <cmath>
#include <cstddef>
#include <limits>

namespace surplus::kernels::reference {

/// use(window's pixel of y, pixel of x, place in the window) for the pixels that are inside an image.
/// `Shape` is kernels::Pool2dShape.
template <typename Shape, typename Use>
void for_each_place(const Shape& s, std::size_t n, const Use& use) {
  const std::size_t rows = s.out_height(), cols = s.out_width();
  for (std::size_t pixel = 0; pixel < n * rows * cols; ++pixel) {
    const std::size_t image = pixel / (rows * cols), i = pixel / cols % rows, j = pixel % cols;
    for (std::size_t place = 0; place < s.window_height * s.window_width; ++place) {
      // With the padding counted.
      const std::size_t u = s.stride * i + place / s.window_width,
                        v = s.stride * j + place % s.window_width;
      if (u < s.padding || u >= s.height + s.padding) continue;
      if (v < s.padding || v >= s.width + s.padding) continue;
      use(pixel, (image * s.height + u - s.padding) * s.width + v - s.padding, place);
    }
  }
}

template <typename Shape, typename T>
void max_pool2d(const Shape& s, std::size_t n, const T* x, std::size_t x_stride, T* y,
                std::size_t y_stride, T* places, std::size_t places_stride) {
  for (std::size_t i = 0; i < n * s.out_height() * s.out_width(); ++i) {
    for (std::size_t c = 0; c < s.channels; ++c) {
      y[i * y_stride + c] = -std::numeric_limits<T>::infinity();
      places[i * places_stride + c] = -1;
    }
  }
  for_each_place(s, n, [&](std::size_t to, std::size_t from, std::size_t place) {
    for (std::size_t c = 0; c < s.channels; ++c) {
      const T value = x[from * x_stride + c];
      T& most = y[to * y_stride + c];
      T& at = places[to * places_stride + c];
      if (at < 0 || value > most || std::isnan(value)) {
        most = value;
        at = static_cast<T>(place);
      }
    }
  });
}

template <typename Shape, typename T>
void max_pool2d_input(const Shape& s, std::size_t n, const T* d_y, std::size_t d_y_stride,
                      const T* places, std::size_t places_stride, T* d_x, std::size_t d_x_stride) {
  for_each_place(s, n, [&](std::size_t to, std::size_t from, std::size_t place) {
    for (std::size_t c = 0; c < s.channels; ++c) {
      if (places[to * places_stride + c] == static_cast<T>(place)) {
        d_x[from * d_x_stride + c] += d_y[to * d_y_stride + c];
      }
    }
  });
}

/// Added to what y holds; and to what d_x holds.
template <typename Shape, typename T>
void average_pool2d(const Shape& s, std::size_t n, const T* x, std::size_t x_stride, double* y,
                    std::size_t y_stride) {
  const auto pixels = static_cast<double>(s.window_height * s.window_width);
  for_each_place(s, n, [&](std::size_t to, std::size_t from, std::size_t) {
    for (std::size_t c = 0; c < s.channels; ++c) {
      y[to * y_stride + c] += static_cast<double>(x[from * x_stride + c]) / pixels;
    }
  });
}

template <typename Shape, typename T>
void average_pool2d_input(const Shape& s, std::size_t n, const T* d_y, std::size_t d_y_stride,
                          double* d_x, std::size_t d_x_stride) {
  const auto pixels = static_cast<double>(s.window_height * s.window_width);
  for_each_place(s, n, [&](std::size_t to, std::size_t from, std::size_t) {
    for (std::size_t c = 0; c < s.channels; ++c) {
      d_x[from * d_x_stride + c] += static_cast<double>(d_y[to * d_y_stride + c]) / pixels;
    }
  });
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_POOL2D_H_
