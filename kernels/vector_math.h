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

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_VECTOR_MATH_H_
