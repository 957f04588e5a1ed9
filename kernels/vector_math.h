/// Elementary functions of arrays, to a stated number of units in the last place (ulp).
///
/// x, y     n elements each; y may be x, no other overlap
/// Error    in ulp of the exact result, subnormal results included; where the exact function
///          overflows, the result is inf
/// Promises a NaN gives a NaN; no floating-point trap or rounding mode is touched
/// Cost     one pass, 2 n elements moved; no allocation
#ifndef SURPLUS_KERNELS_VECTOR_MATH_H_
#define SURPLUS_KERNELS_VECTOR_MATH_H_

#include <cstddef>

namespace surplus::kernels {

/// y[i] = e^x[i].
/// Error    1 ulp
/// Cost     about 20 (double) or 16 (float) operations per element
void vector_exp(std::size_t n, const float* x, float* y);
void vector_exp(std::size_t n, const double* x, double* y);

/// y[i] = log x[i]: -inf for 0 and -0, NaN for x < 0, inf for inf.
/// Error    1 ulp
/// Cost     about 25 (double) or 22 (float) operations per element, one of them a division
void vector_log(std::size_t n, const float* x, float* y);
void vector_log(std::size_t n, const double* x, double* y);

/// y[i] = tanh x[i].
/// Error    3 ulp
/// Cost     about 25 (double) or 20 (float) operations per element, one of them a division
void vector_tanh(std::size_t n, const float* x, float* y);
void vector_tanh(std::size_t n, const double* x, double* y);

/// y[i] = 1 / (1 + e^-x[i]).
/// Error    3 ulp
/// Cost     about 25 (double) or 20 (float) operations per element, one of them a division
void vector_sigmoid(std::size_t n, const float* x, float* y);
void vector_sigmoid(std::size_t n, const double* x, double* y);

/// y[i] = sin x[i], NaN for an infinite x[i].
/// Error    3 ulp, at every x; never beyond -1 and 1
/// Cost     about 25 (double) or 20 (float) operations per element; where |x[i]| exceeds 2^14 (float)
///          or 2^28 (double), a call of the C library
void vector_sin(std::size_t n, const float* x, float* y);
void vector_sin(std::size_t n, const double* x, double* y);

/// y[i] = cos x[i], as vector_sin.
void vector_cos(std::size_t n, const float* x, float* y);
void vector_cos(std::size_t n, const double* x, double* y);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_VECTOR_MATH_H_
