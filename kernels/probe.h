/// Work of known size that a machine's limits are measured with: arithmetic without memory, and
/// memory with almost no arithmetic.
#ifndef SURPLUS_KERNELS_PROBE_H_
#define SURPLUS_KERNELS_PROBE_H_

#include <cstddef>

namespace surplus::kernels {

/// Independent chains x <- factor x + term, `steps` long, in registers alone: as fast as multiply
/// and add can go.
///
/// factor   at least 0
/// end      one element: the value that a chain begun at 1 ends with; the others begin below 1
/// returns  the flops done, a multiple of `steps` that depends on the target
std::size_t multiply_add_chains(std::size_t steps, float factor, float term, float* end);
std::size_t multiply_add_chains(std::size_t steps, double factor, double term, double* end);

/// z[i] = x[i] + factor y[i], the triad of the STREAM benchmark.
///
/// x, y, z  n elements each; z must not overlap x or y
/// Error    two roundings at most
/// Cost     2 n flops, one pass over three arrays
void triad(std::size_t n, const float* x, float factor, const float* y, float* z);
void triad(std::size_t n, const double* x, double factor, const double* y, double* z);

/// *maximum = max(0, x[0], ..., x[n-1]): memory that is only read.
///
/// x        n elements
/// maximum  one element
/// Error    none; not specified if an x[i] is NaN
/// Cost     n comparisons, one pass over x
void read_through(std::size_t n, const float* x, float* maximum);
void read_through(std::size_t n, const double* x, double* maximum);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_PROBE_H_
