#include "surplus/sparse/sparse_change.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "surplus/sparse/parts.h"

namespace surplus {

template <typename T>
void apply_changes(const Changes& changes, const LayerChoice& choice, double grown_scale,
                   const Rng& rng, SparseNetwork<T>& model, OptimizerState<T>& optimizer) {
  SparseNetwork<T> next{.network = model.network, .dropout = model.dropout};
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const SparseLayer& layer = model.layers[l];
    const std::size_t active = changes[l] ? changes[l]->positions.size() : layer.active();
    const LayerKernel kernel = kernel_for(choice, layer, active);
    if (!changes[l] && kernel == layer.kernel) {
      next.layers.push_back(layer);
    } else {
      next.layers.push_back(with_positions(
          layer, changes[l] ? changes[l]->positions : layer.active_positions(), kernel));
    }
  }
  next.parameters = empty_parameters<T>(model.network, next.layers);
  const std::size_t n = next.parameters.size();
  OptimizerState<T> state{.steps = optimizer.steps,
                          .first = Matrix<T>(optimizer.first.empty() ? 0 : 1, n),
                          .second = Matrix<T>(optimizer.second.empty() ? 0 : 1, n)};
  // A matrix of the old arrays becomes one of the new.
  const auto carry = [&](std::span<const T> from, std::span<T> to, bool weights) {
    for (std::size_t matrix = 0; matrix < model.parameters.count(); ++matrix) {
      const std::size_t l = model.network.mlp.bias ? matrix / 2 : matrix;
      const std::span<const T> before = part_of(model.parameters, matrix, from);
      const std::span<T> after = part_of(next.parameters, matrix, to);
      if (matrix != model.weight(l)) {
        std::ranges::copy(before, after.begin());
        continue;
      }
      Matrix<T> active = gather_active<T>(model.layers[l], before);
      if (changes[l]) {
        active = relaid<T>(*changes[l], std::as_const(active).values());
        const double scale =
            grown_scale * std::sqrt(6 / static_cast<double>(model.layers[l].shape.cols));
        Rng draws = rng.split("grown").split(l);
        for (std::size_t i = 0; weights && scale > 0 && i < active.size(); ++i) {
          if (changes[l]->from[i] != TopologyChange::kGrown) continue;
          active(0, i) = static_cast<T>(scale * (2 * draws.uniform() - 1));
        }
      }
      scatter_active<T>(next.layers[l], active.values(), after);
    }
  };
  carry(std::as_const(model.parameters).flat(), next.parameters.flat(), true);
  if (!state.first.empty())
    carry(std::as_const(optimizer.first).values(), state.first.values(), false);
  if (!state.second.empty()) {
    carry(std::as_const(optimizer.second).values(), state.second.values(), false);
  }
  model = std::move(next);
  optimizer = std::move(state);
}

template <typename T>
void mask_inactive(SparseNetwork<T>& model, OptimizerState<T>& optimizer) {
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const SparseLayer& layer = model.layers[l];
    if (layer.kernel != LayerKernel::kMasked && layer.kernel != LayerKernel::kFull) continue;
    const std::size_t begin = model.parameters.offset(model.weight(l));
    for (const std::span<T> array :
         {model.parameters.flat(), optimizer.first.values(), optimizer.second.values()}) {
      if (array.empty()) continue;
      T* const w = array.data() + begin;
      std::size_t from = 0;
      for (const std::uint32_t position : layer.positions) {
        std::fill(w + from, w + position, T{0});
        from = position + std::size_t{1};
      }
      std::fill(w + from, w + layer.size(), T{0});
    }
  }
}

#define SURPLUS_INSTANTIATE(T)                                                        \
  template void apply_changes(const Changes&, const LayerChoice&, double, const Rng&, \
                              SparseNetwork<T>&, OptimizerState<T>&);                 \
  template void mask_inactive(SparseNetwork<T>&, OptimizerState<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
