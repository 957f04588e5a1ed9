/// The update rules of first-order training, each in one pass over the parameters.
///
/// w        n parameters, read and updated
/// d_w      n elements: the gradient of the objective
/// decay    what the penalty decay / 2 |w|^2 adds to the gradient: g = d_w + decay w
///          All arrays are distinct.
/// Error    each new value within 4 eps times the sum of the magnitudes of its terms
/// Promises element i depends on element i of the operands alone; NaN and infinities pass through;
///          no allocation
#ifndef SURPLUS_KERNELS_UPDATE_H_
#define SURPLUS_KERNELS_UPDATE_H_

#include <cstddef>

namespace surplus::kernels {

/// w -= rate g.
///
/// Cost     4 flop and 3 elements moved per parameter
void sgd_update(std::size_t n, float rate, float decay, const float* d_w, float* w);
void sgd_update(std::size_t n, double rate, double decay, const double* d_w, double* w);

/// v = momentum v + g;  w -= rate v.
///
/// velocity v, n elements, zero before the first step; read and updated
/// Cost     6 flop and 5 elements moved per parameter
/// Source   Polyak (1964), without damping, as PyTorch and Sutskever et al. (2013) up to the place of
///          the rate
void momentum_update(std::size_t n, float rate, float momentum, float decay, const float* d_w,
                     float* velocity, float* w);
void momentum_update(std::size_t n, double rate, double momentum, double decay, const double* d_w,
                     double* velocity, double* w);

/// v = momentum v + g;  w -= rate (g + momentum v).
///
/// velocity as for momentum_update
/// Cost     8 flop and 5 elements moved per parameter
/// Source   Nesterov (1983) in the form of Sutskever et al. (2013)
void nesterov_update(std::size_t n, float rate, float momentum, float decay, const float* d_w,
                     float* velocity, float* w);
void nesterov_update(std::size_t n, double rate, double momentum, double decay, const double* d_w,
                     double* velocity, double* w);

/// v = momentum v + share g;  w -= rate (g + momentum v).
///
/// share    1 makes it nesterov_update, to the bit
/// velocity as for momentum_update
/// Cost     9 flop and 5 elements moved per parameter
/// Source   Liu, Belkin (2020), Accelerating SGD with momentum for over-parameterized learning,
///          equation 5, for u = w; v = (w_t - u_t) / (rate momentum)
void mass_update(std::size_t n, float rate, float momentum, float share, float decay,
                 const float* d_w, float* velocity, float* w);
void mass_update(std::size_t n, double rate, double momentum, double share, double decay,
                 const double* d_w, double* velocity, double* w);

/// The scalars of one Adam step, number `t` from 1 on.
template <typename T>
struct AdamStep {
  T rate;             ///< learning rate / (1 - beta1^t)
  T beta1;            ///< memory of the mean, below 1
  T beta2;            ///< memory of the mean square, below 1
  T epsilon;          ///< added to the root, positive
  T root_correction;  ///< 1 / sqrt(1 - beta2^t)
  T decay;            ///< as above
  T shrink;           ///< w is first multiplied by it: 1, or 1 - learning rate * decay for AdamW
};

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
/// w = shrink w - rate m / (root_correction sqrt(v) + epsilon).
///
/// mean, mean_square  m and v, n elements each, zero before the first step; read and updated
/// Cost     14 flop, one of them a division and one a root, and 7 elements moved per parameter
/// Source   Kingma, Ba (2015), algorithm 1; Loshchilov, Hutter (2019) for shrink
void adam_update(std::size_t n, const AdamStep<float>& step, const float* d_w, float* mean,
                 float* mean_square, float* w);
void adam_update(std::size_t n, const AdamStep<double>& step, const double* d_w, double* mean,
                 double* mean_square, double* w);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_UPDATE_H_
