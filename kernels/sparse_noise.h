/// What the solvers of y = B z + s with a sparse s repeat: the product B B' x, and a step of descent.
#ifndef SURPLUS_KERNELS_SPARSE_NOISE_H_
#define SURPLUS_KERNELS_SPARSE_NOISE_H_

#include <cstddef>

namespace surplus::kernels {

/// z = B' x and out = B (scale z), entry by entry, in one pass over B.
///
/// b_t      B', r x n, rows b_stride elements apart
/// x        n elements
/// scale    r elements, or null for ones
/// z        r elements
/// out      n elements
/// Error    |error| <= (n + 2) eps |B'| |x| of z, (n + r + 4) eps |B| |scale| |B'| |x| of out
/// Cost     4 r n flops; B is read once, up to ten of its rows staying in the first cache; no allocation
void row_space_product(std::size_t r, std::size_t n, const double* b_t, std::size_t b_stride,
                       const double* x, const double* scale, double* z, double* out);

/// What a step of descent reads, and the steps of its variables.
struct SparseNoiseDescent {
  std::size_t r, n;
  const double* b_t;  ///< B', r x n
  std::size_t b_stride;
  const double* y;  ///< n
  double tau;       ///< of mu
  double up, down;  ///< of u and of v
};

/// Elements of scratch: six vectors of n in whole cache lines, and one of r.
constexpr std::size_t sparse_noise_scratch_size(std::size_t r, std::size_t n) {
  return 6 * ((n + 7) / 8 * 8) + r;
}

/// Steps `first` to first + steps - 1 of
///   rho = B B' mu + s - y,  mu -= tau rho,  u -= up rho u,  v += down rho v,  s = u u - v v.
///
/// mu, u, v, s  n elements each; s as of the u and v given
/// scratch      sparse_noise_scratch_size(r, n) elements, aligned to 64
/// Error        of a step: |error| <= (n + r + 8) eps (|B| |B'| |mu| + |s| + |y|) of rho
/// Cost         a step: 4 r n + 12 n flops; B is read once, in turns from its first row and from its last;
///              no allocation
/// Promises     the same bits in however many calls
void sparse_noise_descent(const SparseNoiseDescent& problem, std::size_t first, std::size_t steps,
                          double* mu, double* u, double* v, double* s, double* scratch);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_SPARSE_NOISE_H_
