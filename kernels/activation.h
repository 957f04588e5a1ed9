/// What follows a matrix product in a layer: bias and activation, forward and backward.
#ifndef SURPLUS_KERNELS_ACTIVATION_H_
#define SURPLUS_KERNELS_ACTIVATION_H_

#include <cstddef>

namespace surplus::kernels {

enum class Activation {
  kIdentity,  ///< z
  kRelu,      ///< max(z, 0)
  kTanh,      ///< tanh z
  kSigmoid,   ///< 1 / (1 + e^-z)
  kGelu,      ///< z / (1 + e^-2u), u = sqrt(2 / pi) (z + 0.044715 z^3): z/2 (1 + tanh u)
};

/// y[i, j] = f(z[i, j]),  z[i, j] = x[i, j] + bias[j].
///
/// x, y     m x n, rows x_stride and y_stride elements apart; y may be x with the same stride, no
///          other overlap
/// bias     n elements, or null for zeros
/// Error    of f at the rounded z: none, none, 3 ulp, 3 ulp; gelu: 8 eps |z| + 8 eps |y|
/// Cost     one pass, 2 m n elements moved; 1, 2, 25, 25, 30 flop per element; no allocation
/// Promises a NaN gives a NaN where it stands; the value of an element does not depend on its place,
///          so that a matrix may be handled in tiles, as gemm's epilogue does
/// Source   Hendrycks, Gimpel (2016) for gelu, in the form with tanh
void bias_activation(Activation f, std::size_t m, std::size_t n, const float* x,
                     std::size_t x_stride, const float* bias, float* y, std::size_t y_stride);
void bias_activation(Activation f, std::size_t m, std::size_t n, const double* x,
                     std::size_t x_stride, const double* bias, double* y, std::size_t y_stride);

/// d_x[i, j] = d_y[i, j] f'(z[i, j]);  d_bias[j] += sum_i d_x[i, j].
///
/// stash    m x n: y of the forward pass for tanh, sigmoid and relu; x for gelu; not read (and may
///          be null) for the identity
/// bias     as in the forward pass; read for gelu alone
/// d_y, d_x m x n; d_x is overwritten and may be d_y with the same stride, no other overlap
/// d_bias   n elements that are added to, or null
/// Error    d_x: 8 eps |d_y| (gelu: 16 eps (1 + |z|) |d_y|) for the given stash; d_bias: in
///          addition m eps sum_i |d_x[i, j]|
/// Cost     one pass, 3 m n elements moved; 1, 2, 3, 3, 45 flop per element; no allocation
/// Promises relu passes nothing at 0
void activation_backward(Activation f, std::size_t m, std::size_t n, const float* stash,
                         std::size_t stash_stride, const float* bias, const float* d_y,
                         std::size_t d_y_stride, float* d_x, std::size_t d_x_stride, float* d_bias);
void activation_backward(Activation f, std::size_t m, std::size_t n, const double* stash,
                         std::size_t stash_stride, const double* bias, const double* d_y,
                         std::size_t d_y_stride, double* d_x, std::size_t d_x_stride,
                         double* d_bias);

/// y[i, j] = scale cos(x[i, j] + phase[j]): random Fourier features of samples s after x = s w.
///
/// x, y     as above
/// phase    n elements
/// Error    |error| <= 4 eps |scale| at the rounded sum
/// Cost     one pass, 2 m n elements moved, about 32 flop per element; beyond 2^14 (float) or 2^28
///          (double) a call of the C library
/// Source   Rahimi, Recht (2007), algorithm 1, with scale = sqrt(2 / n)
void fourier_features(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                      const float* phase, float scale, float* y, std::size_t y_stride);
void fourier_features(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                      const double* phase, double scale, double* y, std::size_t y_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_ACTIVATION_H_
