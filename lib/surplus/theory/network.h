/// What the tangent kernel, the linearised model and the Hessian are taken of.
#ifndef SURPLUS_THEORY_NETWORK_H_
#define SURPLUS_THEORY_NETWORK_H_

#include <functional>
#include <span>

#include "surplus/autodiff/tape.h"
#include "surplus/nn/mlp.h"

namespace surplus {

/// The outputs, n x k, for the rows of x, n x d, from the parameters' leaves in their order. Every
/// row is to depend on its own row of x alone.
template <typename T>
using Network = std::function<ad::Var<T>(ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                                         const ad::Var<T>& x)>;

/// A fully connected network, with an output function of its own if one is given: ad::tanh, say.
template <typename T>
Network<T> mlp_network(const MlpConfig& config, ad::Var<T> (*output)(const ad::Var<T>&) = nullptr) {
  return
      [config, output](ad::Tape<T>&, std::span<const ad::Var<T>> parameters, const ad::Var<T>& x) {
        const ad::Var<T> y = mlp(config, parameters, x);
        return output == nullptr ? y : output(y);
      };
}

}  // namespace surplus

#endif  // SURPLUS_THEORY_NETWORK_H_
