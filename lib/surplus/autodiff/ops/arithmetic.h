/// Sum, difference, product and quotient, element by element, with broadcasting: an operand with
/// one row stands for as many equal rows as the other has, one with one column for as many columns.
/// So a 1 x n row, an m x 1 column and a 1 x 1 number go with an m x n matrix.
///
/// In one file because they differ in a line each.
#ifndef SURPLUS_AUTODIFF_OPS_ARITHMETIC_H_
#define SURPLUS_AUTODIFF_OPS_ARITHMETIC_H_

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// a + b. Throws ShapeError if the shapes do not fit, as the others do
template <typename T>
Var<T> add(const Var<T>& a, const Var<T>& b);

/// max(0, a + b) of two matrices of one shape, in one pass: where a residual block ends.
template <typename T>
Var<T> add_relu(const Var<T>& a, const Var<T>& b);

/// a - b.
template <typename T>
Var<T> sub(const Var<T>& a, const Var<T>& b);

/// a b, element by element.
template <typename T>
Var<T> mul(const Var<T>& a, const Var<T>& b);

/// a / b, element by element; as IEEE 754 says where b is 0.
template <typename T>
Var<T> div(const Var<T>& a, const Var<T>& b);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_ARITHMETIC_H_
