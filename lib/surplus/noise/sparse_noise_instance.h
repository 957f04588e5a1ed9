/// Random low-rank data with sparse gross errors, of which the truth is known.
#ifndef SURPLUS_NOISE_SPARSE_NOISE_INSTANCE_H_
#define SURPLUS_NOISE_SPARSE_NOISE_INSTANCE_H_

#include <cstddef>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

struct SparseNoiseInstance {
  Matrix<double> j;           ///< n x p, of rank r
  std::vector<double> theta;  ///< p, in the row space of j, of norm 1
  std::vector<double> s;      ///< n, k entries other than 0
  std::vector<double> y;      ///< j theta + s
};

/// j = A B / sqrt(p), A n x r and B r x p of standard normal entries; theta the projection of a
/// normal vector on the row space of j; s standard normal on k random entries.
///
/// r       from 1 to min(n, p)
/// k       at most n
/// Throws  ArgumentError otherwise
SparseNoiseInstance sparse_noise_instance(std::size_t n, std::size_t p, std::size_t r,
                                          std::size_t k, const Rng& rng);

}  // namespace surplus

#endif  // SURPLUS_NOISE_SPARSE_NOISE_INSTANCE_H_
