/// The mean of the parameters over the steps of a training.
#ifndef SURPLUS_OPTIM_AVERAGE_H_
#define SURPLUS_OPTIM_AVERAGE_H_

#include <cstddef>
#include <span>

#include "surplus/core/matrix.h"

namespace surplus {

struct IterateAverage {
  std::size_t count = 0;  ///< iterates in it
  Matrix<double> mean;    ///< 1 x n; empty before the first
  friend bool operator==(const IterateAverage&, const IterateAverage&) = default;
};

/// mean += (w - mean) / (count + 1); the first iterate is taken as it is.
///
/// w        n parameters, T being float or double
/// Throws   ShapeError if the average is of another number of parameters
/// Error    a few eps (of double) of the largest iterate, times the logarithm of count
/// Cost     one pass; allocates at the first iterate alone
/// Promises the bits do not depend on the number of threads
/// Source   Polyak, Juditsky (1992), Acceleration of stochastic approximation by averaging
template <typename T>
void add_to_average(std::span<const T> w, IterateAverage& average);

}  // namespace surplus

#endif  // SURPLUS_OPTIM_AVERAGE_H_
