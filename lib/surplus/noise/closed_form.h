/// Losses whose gradient in the scores is known in closed form.
#ifndef SURPLUS_NOISE_CLOSED_FORM_H_
#define SURPLUS_NOISE_CLOSED_FORM_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "surplus/autodiff/tape.h"

namespace surplus::detail {

/// Records a 1 x 1 loss. Its gradient is exact; a Hessian product through it throws ArgumentError,
/// for some of these losses have parts without gradient and are no function's derivative.
///
/// slopes   n x k, gapless: the derivative of the loss in each score; memory of the tape
template <typename T>
ad::Var<T> record_closed_form(const ad::Var<T>& scores, T loss, const T* slopes);

/// Throws ShapeError unless there is a label per row and a column, ArgumentError if a label is not
/// below the columns.
template <typename T>
void require_labels(std::string_view function, const ad::Var<T>& scores,
                    std::span<const std::size_t> labels);

}  // namespace surplus::detail

#endif  // SURPLUS_NOISE_CLOSED_FORM_H_
