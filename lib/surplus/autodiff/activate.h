// The activation behind a layer's product, y = f(z), and its rules in terms of y; for the ops of
// layers. Not for kGelu and kErf, whose rules need z: those are ops of their own behind the layer.
#ifndef SURPLUS_AUTODIFF_ACTIVATE_H_
#define SURPLUS_AUTODIFF_ACTIVATE_H_

#include "surplus/autodiff/op.h"
#include "surplus/autodiff/ops/linear.h"

namespace surplus::ad {

/// y = f(y + bias), where bias is an element per column, or null.
template <typename T>
void activate(Activation f, const T* bias, MatrixView<T> y);

/// to = from f'(z); `to` may be `from`.
template <typename T>
void times_slope(Activation f, MatrixView<const T> y, MatrixView<const T> from, MatrixView<T> to);

/// d_z = d_y f'(z).
template <typename T>
MatrixView<const T> d_z_of(Step<T>& step, Activation f);

/// The change of d_z along the direction for a constant d_y, d_y f''(z) t_z; an empty view if it is
/// 0.
template <typename T>
MatrixView<const T> t_d_z_of(Step<T>& step, Activation f);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_ACTIVATE_H_
