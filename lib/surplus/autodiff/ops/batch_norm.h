/// Batch normalization.
#ifndef SURPLUS_AUTODIFF_OPS_BATCH_NORM_H_
#define SURPLUS_AUTODIFF_OPS_BATCH_NORM_H_

#include <type_traits>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// Mean and variance of each column, 1 x d each, in the caller's memory.
template <typename T>
struct ColumnMoments {
  MatrixView<T> mean;
  MatrixView<T> variance;
};

/// y[i, j] = f(gain[j] (x[i, j] - mean[j]) / sqrt(variance[j] + epsilon) + shift[j]) with the mean
/// and variance of the column over its n rows, for training; f is the identity, or max(0, .) in
/// batch_norm_relu(), which saves two passes over memory. The columns of images are their channels
/// (conv2d.h).
///
/// x        n x d; n = 1 gives the shift
/// gain     1 x d, as shift
/// epsilon  what keeps a constant column finite, at least 0
/// moments  if it has memory, gets the mean and the variance, which is that of PyTorch's running
///          estimate times (n - 1) / n
/// Throws   ShapeError if the shapes do not fit or there is no sample; ArgumentError if epsilon is
///          negative or NaN
/// Source   Ioffe, Szegedy (2015), algorithm 1
template <typename T>
Var<T> batch_norm(const Var<T>& x, const Var<T>& gain, const Var<T>& shift, double epsilon = 1e-5,
                  std::type_identity_t<ColumnMoments<T>> moments = {});
template <typename T>
Var<T> batch_norm_relu(const Var<T>& x, const Var<T>& gain, const Var<T>& shift,
                       double epsilon = 1e-5, std::type_identity_t<ColumnMoments<T>> moments = {});

/// The same with given moments, which are copied: for evaluation.
/// Throws   as above, and ShapeError if the moments are not 1 x d
template <typename T>
Var<T> fixed_batch_norm(const Var<T>& x, const Var<T>& gain, const Var<T>& shift,
                        std::type_identity_t<ColumnMoments<const T>> moments,
                        double epsilon = 1e-5);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_BATCH_NORM_H_
