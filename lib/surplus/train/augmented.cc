#include "surplus/train/augmented.h"

#include <utility>

namespace surplus {

template <typename T>
Scores<T> augmented(Scores<T> network, ImageShape shape, AugmentConfig config) {
  return [network = std::move(network), shape, config](
             ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters, const Batch<T>& batch) {
    if (!batch.training) return network(tape, parameters, batch);
    const auto [rows, cols] = batch.examples.x.shape();
    const MatrixView<T> moved(tape.template keep<T>(rows * cols), rows, cols);
    return network(tape, parameters, augmented(batch, shape, config, moved));
  };
}

template <typename T>
Batch<T> augmented(const Batch<T>& batch, const ImageShape& shape, const AugmentConfig& config,
                   std::type_identity_t<MatrixView<T>> memory) {
  augment_images(shape, config, batch.rng.split("augment"), batch.examples.x, memory);
  Batch<T> changed = batch;
  changed.examples.x = memory;
  return changed;
}

#define SURPLUS_INSTANTIATE(T)                                                          \
  template Scores<T> augmented(Scores<T>, ImageShape, AugmentConfig);                   \
  template Batch<T> augmented(const Batch<T>&, const ImageShape&, const AugmentConfig&, \
                              MatrixView<T>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
