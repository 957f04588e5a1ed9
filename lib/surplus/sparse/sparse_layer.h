/// A layer of which a part of the weights is active, and kept: the non-zeros alone.
#ifndef SURPLUS_SPARSE_SPARSE_LAYER_H_
#define SURPLUS_SPARSE_SPARSE_LAYER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>

#include "surplus/autodiff/ops/conv2d.h"
#include "surplus/core/matrix.h"
#include "surplus/linalg/sparse_pattern.h"
#include "surplus/sparse/density.h"

namespace surplus {

/// How a layer is kept and multiplied. The function that it computes is the same.
enum class LayerKernel {
  kDense,   ///< every weight is active
  kMasked,  ///< a dense matrix with zeros where no weight is active
  kSparse,  ///< the active weights alone
  kFull,    ///< the sparse kernels with zeros where no weight is active: to check kSparse against
};

/// A matrix of weights, and what it is multiplied with: rows of features, or windows of images.
struct SparseLayer {
  Shape shape;  ///< outputs x inputs; of a convolution, outputs x window window channels
  std::optional<ad::ImageWindows> windows = {};  ///< of a convolution, on what comes in
  std::size_t pool = 1;  ///< of a convolution: side of the squares whose largest values go on
  LayerKernel kernel = LayerKernel::kDense;
  Positions positions = {};  ///< of kMasked and kFull; else empty
  std::shared_ptr<const SparsePattern> pattern =
      {};  ///< of kSparse: its places; of kFull: all of them

  std::size_t size() const { return shape.rows * shape.cols; }
  /// Products that each weight takes part in for an example: as many as a convolution has pixels.
  std::size_t uses() const { return windows ? windows->out_height() * windows->out_width() : 1; }
  /// Of a convolution, what comes in.
  std::size_t channels() const { return shape.cols / (windows->window * windows->window); }
  /// Active weights, and their share.
  std::size_t active() const;
  double density() const;
  /// Of the active weights; of kDense, all.
  Positions active_positions() const;
  /// Of the matrix that holds the layer's weights: outputs x inputs, or 1 x elements of the pattern.
  Shape stored() const;
};

/// The layer with these active weights, ascending, kept so.
SparseLayer with_positions(const SparseLayer& layer, Positions positions, LayerKernel kernel);

/// Which kernel a layer gets.
struct LayerChoice {
  enum class Kind {
    /// kSparse up to the break-even density, kMasked above. Convolutions of one channel are always
    /// kMasked: to copy their windows takes longer than a dense product (bench/README.md).
    kAuto,
    kMasked,  ///< kMasked: how sparse training is simulated elsewhere
    kSparse,
    kFull,
  };
  Kind kind = Kind::kAuto;  ///< of layers that have inactive weights; the others are kDense
  double break_even = 0.35;
};
/// Throws  ArgumentError unless break_even is from 0 to 1
LayerKernel kernel_for(const LayerChoice& choice, const SparseLayer& layer, std::size_t active);

/// What belongs to the active weights of a layer, from the matrix that is stored, and back: what is not
/// active becomes 0.
template <typename T>
Matrix<T> gather_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> stored);
template <typename T>
void scatter_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> active,
                    std::span<T> stored);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_LAYER_H_
