/// Convolutions of images with windows of weights, and their derivatives, as products of matrices.
///
/// Images lie with their channels last: a matrix with a row per pixel, image after image and line
/// after line, and a column per channel. A window is then a run of `window` times `channels` numbers
/// per line, a bias, a normalization over channels or a 1 x 1 convolution is a matrix's, and all
/// vectors are along channels, whole ones from 16 channels on, at any size of the image.
#ifndef SURPLUS_KERNELS_CONV2D_H_
#define SURPLUS_KERNELS_CONV2D_H_

#include <cstddef>

namespace surplus::kernels {

/// Square windows of `window` pixels, `stride` apart, on images with `padding` zeros around them.
struct Conv2dShape {
  std::size_t height, width;  ///< of an image of x, in pixels
  std::size_t in, out;        ///< channels of x and of y
  std::size_t window;         ///< at least 1, at most height and width with the padding
  std::size_t stride;         ///< at least 1
  std::size_t padding;        ///< below window

  constexpr std::size_t out_height() const { return (height + 2 * padding - window) / stride + 1; }
  constexpr std::size_t out_width() const { return (width + 2 * padding - window) / stride + 1; }
  /// Numbers in a window, columns of w.
  constexpr std::size_t depth() const { return window * window * in; }
};

/// Bytes of scratch that the functions below need, for float and for double, on the target in force:
/// at most 6 MiB and, for strides above 1, some pixels, and for windows of up to 384 numbers, w and some
/// lines of x.
std::size_t conv2d_scratch_size(const Conv2dShape& shape);

/// Elements that conv2d_pack() and conv2d_pack_input() write, on the target in force.
template <typename T>
std::size_t conv2d_packed_size(const Conv2dShape& shape);
template <typename T>
std::size_t conv2d_packed_input_size(const Conv2dShape& shape);

/// Copies weights into the order in which conv2d() or conv2d_input() reads them, for the target in
/// force.
///
/// w        out x depth(), a row (kernel line, kernel column, channel of x), rows w_stride apart
/// packed   as many elements as the size says, aligned to 64
/// Cost     one or two passes over w; no allocation
void conv2d_pack(const Conv2dShape& shape, const float* w, std::size_t w_stride, float* packed);
void conv2d_pack(const Conv2dShape& shape, const double* w, std::size_t w_stride, double* packed);
void conv2d_pack_input(const Conv2dShape& shape, const float* w, std::size_t w_stride,
                       float* packed);
void conv2d_pack_input(const Conv2dShape& shape, const double* w, std::size_t w_stride,
                       double* packed);

/// y[s, i, j, o] = beta y[s, i, j, o] + sum over k, l, c of
///                 x[s, stride i + k - padding, stride j + l - padding, c] w[o, k, l, c]
/// for each of n images s, x being 0 outside of the image.
///
/// x        n height width pixels of `in` channels, x_stride elements apart
/// packed   of conv2d_pack()
/// beta     0, which does not read y, or 1
/// y        n out_height() out_width() pixels of `out` channels, y_stride elements apart
/// scratch  conv2d_scratch_size(shape) bytes, aligned to 64
/// Error    |error| <= (depth() + depth() / 64 + 16) eps (|x| * |w| + |beta y|), element by element
/// Cost     2 n out_height() out_width() out depth() flops and, but for windows of one pixel, a copy
///          of each window through L2; of each image alone where windows have up to 384 numbers and `out`
///          is a multiple of a vector (conv2d_direct-inl.h); no allocation
/// Promises NaN and infinity reach all windows that hold them; an image of y depends, to the bit, on
///          its own image of x alone, so the images may be cut among threads
void conv2d(const Conv2dShape& shape, std::size_t n, const float* x, std::size_t x_stride,
            const float* packed, float beta, float* y, std::size_t y_stride, void* scratch);
void conv2d(const Conv2dShape& shape, std::size_t n, const double* x, std::size_t x_stride,
            const double* packed, double beta, double* y, std::size_t y_stride, void* scratch);

/// The transpose with respect to x: each pixel of d_x gets what the windows that hold it give back,
///   d_x[s, u, v, c] = beta d_x[s, u, v, c] + sum over k, l, o of
///                     d_y[s, (u + padding - k) / stride, (v + padding - l) / stride, o] w[o, k, l, c]
/// where the quotients are whole and inside the image.
///
/// packed   of conv2d_pack_input()
/// d_y, d_x shapes, beta, error, cost and promises as of y and x above, 2 n height width in
///          (window / stride)^2 out flops
void conv2d_input(const Conv2dShape& shape, std::size_t n, const float* d_y, std::size_t d_y_stride,
                  const float* packed, float beta, float* d_x, std::size_t d_x_stride,
                  void* scratch);
void conv2d_input(const Conv2dShape& shape, std::size_t n, const double* d_y,
                  std::size_t d_y_stride, const double* packed, double beta, double* d_x,
                  std::size_t d_x_stride, void* scratch);

/// The transpose with respect to w:
///   d_w[o, k, l, c] = beta d_w[o, k, l, c] + sum over s, i, j of
///                     d_y[s, i, j, o] x[s, stride i + k - padding, stride j + l - padding, c].
///
/// d_w      as w, rows d_w_stride elements apart
/// Error    |error| <= (p + p / 64 + 16) eps (|d_y| * |x| + |beta d_w|), p = n out_height()
///          out_width(), element by element
/// Cost     as conv2d()
void conv2d_weights(const Conv2dShape& shape, std::size_t n, const float* x, std::size_t x_stride,
                    const float* d_y, std::size_t d_y_stride, float beta, float* d_w,
                    std::size_t d_w_stride, void* scratch);
void conv2d_weights(const Conv2dShape& shape, std::size_t n, const double* x, std::size_t x_stride,
                    const double* d_y, std::size_t d_y_stride, double beta, double* d_w,
                    std::size_t d_w_stride, void* scratch);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_CONV2D_H_
