/// Which elements of a vector are large.
#ifndef SURPLUS_KERNELS_FILTER_H_
#define SURPLUS_KERNELS_FILTER_H_

#include <cstddef>
#include <cstdint>

namespace surplus::kernels {

/// The numbers of the elements whose magnitude is not below a bound, NaN being such, ascending.
///
/// n        below 2^32
/// x        n elements
/// numbers  room for n, overwritten
/// Returns  how many there are
/// Cost     one pass over x; no allocation
std::size_t find_large(std::size_t n, const float* x, float bound, std::uint32_t* numbers);
std::size_t find_large(std::size_t n, const double* x, double bound, std::uint32_t* numbers);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_FILTER_H_
