/// The empirical neural tangent kernel: K[i, j] = gradient f(x_i) . gradient f(x'_j).
///
/// Of several outputs it is the mean over them of each one's kernel, as in neural-tangents, not the
/// sum.
///
/// Source  Jacot, Gabriel, Hongler (2018), Neural tangent kernel; Novak, Sohl-Dickstein, Schoenholz
///         (2022), Fast finite width neural tangent kernel
#ifndef SURPLUS_THEORY_NTK_H_
#define SURPLUS_THEORY_NTK_H_

#include <cstddef>
#include <type_traits>

#include "surplus/core/matrix.h"
#include "surplus/nn/mlp.h"
#include "surplus/nn/parameters.h"
#include "surplus/theory/network.h"

namespace surplus {

struct NtkConfig {
  std::size_t bytes = std::size_t{1} << 30;  ///< memory at most, with the kernel itself
};

/// How a kernel is cut to keep to its memory.
struct NtkPlan {
  std::size_t rows = 0;   ///< of a block: the kernel is made of products of two of them
  std::size_t bytes = 0;  ///< what it takes at most, besides the scratch memory of matmul()
};

/// What ntk() is going to do for n rows and n2 others; n2 = 0: with themselves.
///
/// element  sizeof(float) or sizeof(double)
/// Throws   ArgumentError, before any work, if config.bytes allows no blocks of 16 rows (or of all)
NtkPlan plan_ntk(const MlpConfig& network, std::size_t element, std::size_t n, std::size_t n2 = 0,
                 const NtkConfig& config = {});

/// The kernel of a fully connected network, layer by layer and without a gradient of any example:
///
///   K = sum over layers of (A A'^T + [1 if there is a bias]) o (G G'^T),
///
/// A n x inputs of the layer, G n x outputs: the derivatives with respect to its pre-activations.
///
/// x        n x d; x2 n2 x d, or none for x itself
/// Returns  n x n2; symmetric to the bit if there is no x2
/// Throws   as plan_ntk(); ShapeError if x or the parameters do not fit the network
/// Cost     2 n n2 flops for each input and output of each layer (half of it for x alone), and the
///          layers' own passes, which are repeated for each block of the other side
/// Error    each product as matmul(); a sum of two per layer in the type T
/// Promises the bits do not depend on the number of threads, or on config.bytes
template <typename T>
Matrix<T> ntk(const MlpConfig& network, const Parameters<T>& parameters,
              std::type_identity_t<MatrixView<const T>> x,
              std::type_identity_t<MatrixView<const T>> x2 = {}, const NtkConfig& config = {});

/// The kernel of any network that keeps its examples apart, from the gradients of each: the way to
/// take where there are no layers to go by, and the test of the others.
///
/// Throws   ArgumentError, before any work, if config.bytes does not hold the kernel and two blocks
///          of one gradient; as ad::per_example_jacobian()
/// Cost     n^2 p k flops for p parameters and k outputs; memory besides that of the tape for n rows
template <typename T>
Matrix<T> ntk_from_jacobians(const std::type_identity_t<Network<T>>& network,
                             const Parameters<T>& parameters,
                             std::type_identity_t<MatrixView<const T>> x,
                             const NtkConfig& config = {});

/// The same from products: column j is J (J^T e_j), one vjp and one jvp for each example and output.
///
/// Cost     n k times about four evaluations for all rows; memory for one gradient and the tape
template <typename T>
Matrix<T> ntk_from_products(const std::type_identity_t<Network<T>>& network,
                            const Parameters<T>& parameters,
                            std::type_identity_t<MatrixView<const T>> x);

/// ||K - start||_F / ||start||_F.
///
/// Throws  ShapeError if the shapes differ; NumericalError if `start` is zero
template <typename T>
double ntk_change(const Matrix<T>& k, const Matrix<T>& start);

}  // namespace surplus

#endif  // SURPLUS_THEORY_NTK_H_
