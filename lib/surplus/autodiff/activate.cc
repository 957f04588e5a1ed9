#include "surplus/autodiff/activate.h"

#include "kernels/activation.h"
#include "surplus/autodiff/loops.h"

namespace surplus::ad {
namespace {

kernels::Activation kernel_of(Activation f) {
  switch (f) {
    case Activation::kRelu:
      return kernels::Activation::kRelu;
    case Activation::kTanh:
      return kernels::Activation::kTanh;
    case Activation::kSigmoid:
      return kernels::Activation::kSigmoid;
    default:
      return kernels::Activation::kIdentity;
  }
}

}  // namespace

template <typename T>
void activate(Activation f, const T* bias, MatrixView<T> y) {
  if (bias == nullptr && f == Activation::kIdentity) return;
  for_rows(y.shape(), [&](std::size_t begin, std::size_t end) {
    T* const rows = y.data() + begin * y.stride();
    kernels::bias_activation(kernel_of(f), end - begin, y.cols(), rows, y.stride(), bias, rows,
                             y.stride());
  });
}

template <typename T>
void times_slope(Activation f, MatrixView<const T> y, MatrixView<const T> from, MatrixView<T> to) {
  for_rows(y.shape(), [&](std::size_t begin, std::size_t end) {
    kernels::activation_backward(
        kernel_of(f), end - begin, y.cols(), y.data() + begin * y.stride(), y.stride(),
        static_cast<const T*>(nullptr), from.data() + begin * from.stride(), from.stride(),
        to.data() + begin * to.stride(), to.stride(), static_cast<T*>(nullptr));
  });
}

template <typename T>
MatrixView<const T> d_z_of(Step<T>& step, Activation f) {
  if (f == Activation::kIdentity) return step.d_y();
  const MatrixView<T> d_z = step.scratch(step.y().rows(), step.y().cols());
  times_slope(f, step.y(), step.d_y(), d_z);
  return d_z;
}

// d_y f''(z) t_z = d_y (f''(z) / f'(z)) t_y, a quotient that y gives without a division: -2 y for
// tanh, 1 - 2 y for the sigmoid.
template <typename T>
MatrixView<const T> t_d_z_of(Step<T>& step, Activation f) {
  if (f != Activation::kTanh && f != Activation::kSigmoid) return {};
  const T one = f == Activation::kSigmoid ? 1 : 0;
  const MatrixView<T> t_d_z = step.scratch(step.y().rows(), step.y().cols());
  for_elements([one](T& to, T d_y, T y, T t_y) { to = d_y * (one - 2 * y) * t_y; }, t_d_z,
               step.d_y(), step.y(), static_cast<MatrixView<const T>>(step.t_y()));
  return t_d_z;
}

#define SURPLUS_INSTANTIATE(T)                                                                    \
  template void activate(Activation, const T*, MatrixView<T>);                                    \
  template void times_slope(Activation, MatrixView<const T>, MatrixView<const T>, MatrixView<T>); \
  template MatrixView<const T> d_z_of(Step<T>&, Activation);                                      \
  template MatrixView<const T> t_d_z_of(Step<T>&, Activation);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
