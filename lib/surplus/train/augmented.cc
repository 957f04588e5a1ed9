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
    augment_images(shape, config, batch.rng.split("augment"), batch.examples.x, moved);
    Batch<T> changed = batch;
    changed.examples.x = moved;
    return network(tape, parameters, changed);
  };
}

template Scores<float> augmented(Scores<float>, ImageShape, AugmentConfig);
template Scores<double> augmented(Scores<double>, ImageShape, AugmentConfig);

}  // namespace surplus
