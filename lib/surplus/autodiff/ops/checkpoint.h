/// Less memory for more work: a segment whose inner values are not kept but computed again.
#ifndef SURPLUS_AUTODIFF_OPS_CHECKPOINT_H_
#define SURPLUS_AUTODIFF_OPS_CHECKPOINT_H_

#include <span>
#include <type_traits>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// y = segment(tape, x), of which the tape keeps y alone. Whatever needs the inner values calls the
/// segment again, on a tape inside the tape: once for a gradient, four times for a Hessian product.
///
/// segment  computes the same whenever it is called, from x and from constants of its own; what it
///          refers to must live as long as the values on the tape. Draw the random numbers of a
///          dropout from a copy of an Rng. Its variables must be among x to have a gradient
/// Throws   what the segment throws; ArgumentError if its result is not on the tape it was given
/// Cost     a few allocations each time
/// Source   Griewank, Walther (2000), Algorithm 799: revolve, with segments chosen by the caller
template <typename T>
Var<T> checkpoint(std::type_identity_t<Segment<T>> segment, std::span<const Var<T>> x);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_CHECKPOINT_H_
