/// Dropout.
#ifndef SURPLUS_AUTODIFF_OPS_DROPOUT_H_
#define SURPLUS_AUTODIFF_OPS_DROPOUT_H_

#include "surplus/autodiff/tape.h"
#include "surplus/core/rng.h"

namespace surplus::ad {

/// y[i, j] = x[i, j] / (1 - rate) with probability 1 - rate, else 0. For training alone: the
/// expectation of y is x, so that an evaluation leaves it out.
///
/// rate     from 0 to below 1
/// rng      gives a key of 64 bits; the mask is a function of it and of the element's place, drawn
///          again where it is needed and never stored
/// Throws   ArgumentError if the rate is not in [0, 1)
/// Source   Srivastava et al. (2014), in the scaled form
template <typename T>
Var<T> dropout(const Var<T>& x, double rate, Rng& rng);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_DROPOUT_H_
