/// The settings of fit_sparse(): whether they fit, and what tells one training from another.
#ifndef SURPLUS_SPARSE_SPARSE_SETTINGS_H_
#define SURPLUS_SPARSE_SPARSE_SETTINGS_H_

#include <vector>

#include "surplus/sparse/sparse_training.h"

namespace surplus {

/// Throws  ShapeError, ArgumentError, in the name of fit_sparse()
template <typename T>
void require_input(const Examples<T>& examples, const SparseNetwork<T>& start,
                   const SparseTrainConfig<T>& config);

/// What decides the bits.
template <typename T>
std::vector<double> fingerprint_of(const Examples<T>& examples, const SparseNetwork<T>& start,
                                   const SparseTrainConfig<T>& config);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_SETTINGS_H_
