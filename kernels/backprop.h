/// On-line back-propagation: a network with one hidden layer of tanh units and one linear output
/// takes many steps of gradient descent, each on one example.
#ifndef SURPLUS_KERNELS_BACKPROP_H_
#define SURPLUS_KERNELS_BACKPROP_H_

#include <cstddef>

namespace surplus::kernels {

/// The elements of scratch that online_backprop() takes, which must start at a multiple of 64 bytes.
constexpr std::size_t online_backprop_scratch(std::size_t h, std::size_t d) {
  return (d + 3) * ((h + 15) / 16 * 16);
}

/// Step s = 0 .. steps - 1, on example i = order[s] with rate r = rates[s]:
///
///   z_j = tanh(b_j + sum_l W_jl x_il)    e = c + sum_j v_j z_j - y_i    g_j = e v_j (1 - z_j^2)
///   W_jl -= r (g_j x_il + decay W_jl)    b_j -= r (g_j + decay b_j)
///   v_j  -= r (e z_j + decay v_j)        c   -= r (e + decay c)
///
/// h, d     hidden units and inputs
/// order    steps numbers of rows
/// rates    steps of them
/// x        rows of d elements, x_stride apart
/// y        a target for each row
/// w        W, h x d, rows w_stride apart, updated, as are b and v (h each) and c (one)
/// scratch  online_backprop_scratch(h, d) elements
/// Returns  the sum of e^2 over the steps, each e from before its step
/// Error    with A = max_j |b_j| + sum_l |W_jl x_il| and V = |c| + |y_i| + sum_j |v_j|, each step moves
///          a parameter p by its rule within 2 eps |p| + r eps ((d + 4) A + h + 16) V (1 + |v_j|)
///          max(1, |x_il|)
/// Cost     h (4 d + 40) flops a step, in one pass over W: the update of a step and the products of
///          the next share it; W is transposed on entry and again at the end
/// Promises NaN and infinity propagate; no step, no change
double online_backprop(std::size_t h, std::size_t d, std::size_t steps, const std::size_t* order,
                       const float* rates, float decay, const float* x, std::size_t x_stride,
                       const float* y, float* w, std::size_t w_stride, float* b, float* v, float* c,
                       float* scratch);
double online_backprop(std::size_t h, std::size_t d, std::size_t steps, const std::size_t* order,
                       const double* rates, double decay, const double* x, std::size_t x_stride,
                       const double* y, double* w, std::size_t w_stride, double* b, double* v,
                       double* c, double* scratch);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_BACKPROP_H_
