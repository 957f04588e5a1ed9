/// Pooling of images: the largest number or the mean of each window, channel by channel.
///
/// Images lie with their channels last, as in conv2d.h.
#ifndef SURPLUS_KERNELS_POOL2D_H_
#define SURPLUS_KERNELS_POOL2D_H_

#include <cstddef>

namespace surplus::kernels {

/// Windows `stride` pixels apart, on images with `padding` pixels around them.
struct Pool2dShape {
  std::size_t height, width;  ///< of an image of x, in pixels
  std::size_t channels;
  std::size_t window_height, window_width;  ///< at most those of the image with its padding
  std::size_t stride;                       ///< at least 1
  std::size_t padding;                      ///< at most half a window

  constexpr std::size_t out_height() const {
    return (height + 2 * padding - window_height) / stride + 1;
  }
  constexpr std::size_t out_width() const {
    return (width + 2 * padding - window_width) / stride + 1;
  }
};

/// y[s, i, j, c] = the largest x[s, u, v, c] of the pixels u, v of window i, j that are inside image s,
/// of n images; the first of equals, and the last NaN if there is one.
///
/// x        n height width pixels, x_stride elements apart
/// y        n out_height() out_width() pixels, y_stride elements apart
/// places   as y: which of the window's pixels it was, counted line by line from 0, as a number of T
void max_pool2d(const Pool2dShape& shape, std::size_t n, const float* x, std::size_t x_stride,
                float* y, std::size_t y_stride, float* places, std::size_t places_stride);
void max_pool2d(const Pool2dShape& shape, std::size_t n, const double* x, std::size_t x_stride,
                double* y, std::size_t y_stride, double* places, std::size_t places_stride);

/// d_x += d_y at the places where the largest numbers were.
void max_pool2d_input(const Pool2dShape& shape, std::size_t n, const float* d_y,
                      std::size_t d_y_stride, const float* places, std::size_t places_stride,
                      float* d_x, std::size_t d_x_stride);
void max_pool2d_input(const Pool2dShape& shape, std::size_t n, const double* d_y,
                      std::size_t d_y_stride, const double* places, std::size_t places_stride,
                      double* d_x, std::size_t d_x_stride);

/// y[s, i, j, c] = beta y[s, i, j, c] + the sum of x[s, u, v, c] over the pixels of window i, j that
/// are inside the image, divided by all pixels of a window: padding counts as zeros.
///
/// beta     0, which does not read y, or 1
/// Error    (p + 1) eps of the mean of |x|, p the pixels of a window
void average_pool2d(const Pool2dShape& shape, std::size_t n, const float* x, std::size_t x_stride,
                    float beta, float* y, std::size_t y_stride);
void average_pool2d(const Pool2dShape& shape, std::size_t n, const double* x, std::size_t x_stride,
                    double beta, double* y, std::size_t y_stride);

/// d_x[s, u, v, c] += the sum of d_y over the windows that hold the pixel, divided likewise.
void average_pool2d_input(const Pool2dShape& shape, std::size_t n, const float* d_y,
                          std::size_t d_y_stride, float* d_x, std::size_t d_x_stride);
void average_pool2d_input(const Pool2dShape& shape, std::size_t n, const double* d_y,
                          std::size_t d_y_stride, double* d_x, std::size_t d_x_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_POOL2D_H_
