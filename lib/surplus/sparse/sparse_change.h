/// A sparse network, and what its optimizer remembers, when active weights change.
#ifndef SURPLUS_SPARSE_SPARSE_CHANGE_H_
#define SURPLUS_SPARSE_SPARSE_CHANGE_H_

#include <optional>
#include <vector>

#include "surplus/core/rng.h"
#include "surplus/optim/optimizer.h"
#include "surplus/sparse/sparse_network.h"
#include "surplus/sparse/topology.h"

namespace surplus {

/// One for each layer; none where positions stay.
using Changes = std::vector<std::optional<TopologyChange>>;

/// The model and the optimizer's state after these changes, with kernels chosen anew.
///
/// grown_scale  new weights are 0, or uniform on [-c, c), c = grown_scale sqrt(6 / inputs), with
///              numbers from rng.split("grown").split(layer)
template <typename T>
void apply_changes(const Changes& changes, const LayerChoice& choice, double grown_scale,
                   const Rng& rng, SparseNetwork<T>& model, OptimizerState<T>& optimizer);

/// Zeros where no weight is active, which a step on a whole matrix has changed.
template <typename T>
void mask_inactive(SparseNetwork<T>& model, OptimizerState<T>& optimizer);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_CHANGE_H_
