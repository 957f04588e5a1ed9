/// How the weights of a layer start.
#ifndef SURPLUS_NN_INITIALIZE_H_
#define SURPLUS_NN_INITIALIZE_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

/// The distribution of the weights of a layer with f inputs and g outputs; U(a) is uniform on
/// [-a, a), N(s) normal with standard deviation s. The bias starts at 0 but for kUniformFanIn.
enum class Initializer {
  kUniformFanIn,    ///< U(1 / sqrt(f)), the bias too: the default of PyTorch's nn.Linear
  kKaimingUniform,  ///< U(sqrt(6 / f)), for rectified units; He, Zhang, Ren, Sun (2015)
  kKaimingNormal,   ///< N(sqrt(2 / f))
  kXavierUniform,   ///< U(sqrt(6 / (f + g))); Glorot, Bengio (2010)
  kXavierNormal,    ///< N(sqrt(2 / (f + g)))
  kNtk,             ///< N(1), where the network divides by sqrt(f) itself; Jacot et al. (2018)
  kZero,
};

/// "uniform-fan-in", "kaiming-uniform", "kaiming-normal", "xavier-uniform", "xavier-normal", "ntk",
/// "zero".
std::string_view to_text(Initializer initializer);

/// Fills a layer; each of w and bias draws from a stream of its own, rng.split("weight") and
/// rng.split("bias").
///
/// w        g x f, overwritten
/// bias     1 x g, overwritten; or empty
/// Promises the same bits with any number of threads
template <typename T>
void initialize_layer(Initializer initializer, const Rng& rng, MatrixView<T> w, MatrixView<T> bias);

/// The same weights for a layer that keeps only some of them: one row after the other is in memory.
///
/// shape    g x f
/// take     gets the number of a row and its f weights, good until it returns
template <typename T>
using TakeRow = std::function<void(std::size_t i, std::span<const T> row)>;
template <typename T>
void initialize_layer_rows(Initializer initializer, const Rng& rng, Shape shape,
                           const TakeRow<T>& take, MatrixView<T> bias);

}  // namespace surplus

#endif  // SURPLUS_NN_INITIALIZE_H_
