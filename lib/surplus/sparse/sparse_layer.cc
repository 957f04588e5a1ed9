#include "surplus/sparse/sparse_layer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "surplus/core/errors.h"

namespace surplus {

std::size_t SparseLayer::active() const {
  switch (kernel) {
    case LayerKernel::kDense:
      return size();
    case LayerKernel::kSparse:
      return pattern->size();
    case LayerKernel::kMasked:
    case LayerKernel::kFull:
      break;
  }
  return positions.size();
}

double SparseLayer::density() const {
  return size() == 0 ? 1 : static_cast<double>(active()) / static_cast<double>(size());
}

Positions SparseLayer::active_positions() const {
  if (kernel == LayerKernel::kSparse) return pattern->positions();
  if (kernel != LayerKernel::kDense) return positions;
  Positions all(size());
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

Shape SparseLayer::stored() const { return pattern == nullptr ? shape : Shape{1, pattern->size()}; }

SparseLayer with_positions(const SparseLayer& layer, Positions positions, LayerKernel kernel) {
  SparseLayer next{
      .shape = layer.shape, .windows = layer.windows, .pool = layer.pool, .kernel = kernel};
  if (kernel == LayerKernel::kSparse) {
    next.pattern = std::make_shared<const SparsePattern>(layer.shape, positions);
  } else if (kernel == LayerKernel::kFull) {
    next.pattern = std::make_shared<const SparsePattern>(SparsePattern::full(layer.shape));
  }
  const bool keeps = kernel == LayerKernel::kMasked || kernel == LayerKernel::kFull;
  if (keeps) next.positions = std::move(positions);
  return next;
}

LayerKernel kernel_for(const LayerChoice& choice, const SparseLayer& layer, std::size_t active) {
  SURPLUS_REQUIRE(choice.break_even >= 0 && choice.break_even <= 1, ArgumentError, "kernel_for",
                  "break_even must be from 0 to 1", "break_even", choice.break_even);
  if (active >= layer.size()) return LayerKernel::kDense;
  switch (choice.kind) {
    case LayerChoice::Kind::kAuto: {
      const bool copies_too_much = layer.windows && layer.channels() == 1;
      const double most = choice.break_even * static_cast<double>(layer.size());
      return static_cast<double>(active) <= most && !copies_too_much ? LayerKernel::kSparse
                                                                     : LayerKernel::kMasked;
    }
    case LayerChoice::Kind::kMasked:
      return LayerKernel::kMasked;
    case LayerChoice::Kind::kSparse:
      return LayerKernel::kSparse;
    case LayerChoice::Kind::kFull:
      break;
  }
  return LayerKernel::kFull;
}

template <typename T>
Matrix<T> gather_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> stored) {
  Matrix<T> active(1, layer.active());
  if (layer.kernel == LayerKernel::kDense || layer.kernel == LayerKernel::kSparse) {
    std::ranges::copy(stored, active.values().begin());
  } else {
    std::ranges::transform(layer.positions, active.values().begin(),
                           [&](std::uint32_t p) { return stored[p]; });
  }
  return active;
}

template <typename T>
void scatter_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> active,
                    std::span<T> stored) {
  if (layer.kernel == LayerKernel::kDense || layer.kernel == LayerKernel::kSparse) {
    std::ranges::copy(active, stored.begin());
    return;
  }
  std::ranges::fill(stored, T{0});
  for (std::size_t i = 0; i < layer.positions.size(); ++i) stored[layer.positions[i]] = active[i];
}

#define SURPLUS_INSTANTIATE(T)                                                 \
  template Matrix<T> gather_active<T>(const SparseLayer&, std::span<const T>); \
  template void scatter_active<T>(const SparseLayer&, std::span<const T>, std::span<T>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
