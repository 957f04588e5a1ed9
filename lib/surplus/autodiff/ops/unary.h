/// Functions of one variable, element by element.
///
/// In one file because each is a line for the value, the slope and the second derivative.
#ifndef SURPLUS_AUTODIFF_OPS_UNARY_H_
#define SURPLUS_AUTODIFF_OPS_UNARY_H_

#include <type_traits>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// max(x, 0), with derivative 0 at 0.
template <typename T>
Var<T> relu(const Var<T>& x);

/// x if positive, slope x if not.
template <typename T>
Var<T> leaky_relu(const Var<T>& x, std::type_identity_t<T> slope = T(0.01));

template <typename T>
Var<T> tanh(const Var<T>& x);

/// 1 / (1 + e^-x).
template <typename T>
Var<T> sigmoid(const Var<T>& x);

/// log(1 + e^x), without overflow.
template <typename T>
Var<T> softplus(const Var<T>& x);

/// x/2 (1 + tanh u), u = sqrt(2 / pi) (x + 0.044715 x^3).
/// Source  Hendrycks, Gimpel (2016), Gaussian error linear units, in the form with tanh
template <typename T>
Var<T> gelu(const Var<T>& x);

/// The error function, 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x.
template <typename T>
Var<T> erf(const Var<T>& x);

template <typename T>
Var<T> exp(const Var<T>& x);

/// -inf at 0, NaN below.
template <typename T>
Var<T> log(const Var<T>& x);

template <typename T>
Var<T> square(const Var<T>& x);

/// NaN below 0; the derivative at 0 is infinite.
template <typename T>
Var<T> sqrt(const Var<T>& x);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_UNARY_H_
