/// Convolutions as their sums are written, in double.
#ifndef SURPLUS_KERNELS_REFERENCE_CONV2D_H_
#define SURPLUS_KERNELS_REFERENCE_CONV2D_H_

#include <cstddef>

namespace surplus::kernels::reference {

/// term(pixel of y, pixel of x, o, column of w) for each product that the three sums have; images and
/// pixels are counted through. `Shape` is kernels::Conv2dShape.
template <typename Shape, typename Term>
void for_each_product(const Shape& shape, std::size_t n, const Term& term) {
  const std::size_t rows = shape.out_height(), cols = shape.out_width();
  for (std::size_t pixel = 0; pixel < n * rows * cols; ++pixel) {
    const std::size_t image = pixel / (rows * cols), i = pixel / cols % rows, j = pixel % cols;
    for (std::size_t k = 0; k < shape.window; ++k) {
      for (std::size_t l = 0; l < shape.window; ++l) {
        // With the padding counted, so that nothing is below 0.
        const std::size_t u = shape.stride * i + k, v = shape.stride * j + l;
        if (u < shape.padding || u >= shape.height + shape.padding) continue;
        if (v < shape.padding || v >= shape.width + shape.padding) continue;
        const std::size_t from =
            (image * shape.height + u - shape.padding) * shape.width + v - shape.padding;
        for (std::size_t o = 0; o < shape.out; ++o) {
          for (std::size_t c = 0; c < shape.in; ++c) {
            term(pixel, from, o, c, (k * shape.window + l) * shape.in + c);
          }
        }
      }
    }
  }
}

/// The sums of kernels/conv2d.h, added to what y, d_x and d_w hold.
template <typename Shape, typename T>
void conv2d(const Shape& shape, std::size_t n, const T* x, std::size_t x_stride, const T* w,
            std::size_t w_stride, double* y, std::size_t y_stride) {
  for_each_product(shape, n, [&](auto pixel, auto from, auto o, auto c, auto at) {
    y[pixel * y_stride + o] +=
        static_cast<double>(x[from * x_stride + c]) * static_cast<double>(w[o * w_stride + at]);
  });
}

template <typename Shape, typename T>
void conv2d_input(const Shape& shape, std::size_t n, const T* d_y, std::size_t d_y_stride,
                  const T* w, std::size_t w_stride, double* d_x, std::size_t d_x_stride) {
  for_each_product(shape, n, [&](auto pixel, auto from, auto o, auto c, auto at) {
    d_x[from * d_x_stride + c] += static_cast<double>(d_y[pixel * d_y_stride + o]) *
                                  static_cast<double>(w[o * w_stride + at]);
  });
}

template <typename Shape, typename T>
void conv2d_weights(const Shape& shape, std::size_t n, const T* x, std::size_t x_stride,
                    const T* d_y, std::size_t d_y_stride, double* d_w, std::size_t d_w_stride) {
  for_each_product(shape, n, [&](auto pixel, auto from, auto o, auto c, auto at) {
    d_w[o * d_w_stride + at] += static_cast<double>(d_y[pixel * d_y_stride + o]) *
                                static_cast<double>(x[from * x_stride + c]);
  });
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_CONV2D_H_
