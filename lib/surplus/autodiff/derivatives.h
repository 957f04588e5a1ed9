/// Derivatives of what a tape has recorded. All are exact, for float and double.
///
/// Common to all:
/// Throws   ArgumentError if a variable is not on the tape of the objective, or is named twice;
///          ShapeError if a view does not have its variable's shape, or a loss is not 1 x 1
/// Cost     no allocation from the second call on that sees the same shapes; memory for adjoints
///          follows their live range
/// Promises only adjoints that lead to a wanted variable are computed; the tape is left as it was;
///          the bits do not depend on the number of threads
#ifndef SURPLUS_AUTODIFF_DERIVATIVES_H_
#define SURPLUS_AUTODIFF_DERIVATIVES_H_

#include <span>
#include <type_traits>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// Where the derivative with respect to `of` goes: d is overwritten, and must not be memory that a
/// value on the tape lives in. Zero where the objective does not depend on `of`, which may be any
/// value on the tape: a parameter, an input, a hidden layer.
template <typename T>
struct Sink {
  Var<T> of;
  MatrixView<T> d;
};

/// The same in pieces that tile d, which is never written out where the last op before `of` can do
/// without: take(i, j, piece) gets rows from i and columns from j on, from any of the threads and in
/// any order. It may change the part of the leaf's value that the piece is the derivative of: nothing
/// reads it any more. It must not use the tape or multiply matrices.
template <typename T>
struct PieceSink {
  Var<T> of;
  TakePiece<T> take;
};

/// A direction to go along: `of`, a leaf, changes by t.
template <typename T>
struct Tangent {
  Var<T> of;
  MatrixView<const T> t;
};

template <typename T>
using Sinks = std::type_identity_t<std::span<const Sink<T>>>;
template <typename T>
using PieceSinks = std::type_identity_t<std::span<const PieceSink<T>>>;
template <typename T>
using Tangents = std::type_identity_t<std::span<const Tangent<T>>>;

/// sinks[i].d = d loss / d sinks[i].of.
///
/// loss     1 x 1
/// Cost     about two evaluations of the loss
template <typename T>
void gradient(const Var<T>& loss, Sinks<T> sinks);

/// The same with respect to one variable, as a new matrix.
template <typename T>
Matrix<T> gradient(const Var<T>& loss, const Var<T>& of);

/// The same in pieces, for an update of the parameters while each piece is in cache. Afterwards the
/// tape is good for clear() alone if the leaves have changed.
///
/// Throws   ArgumentError also if a sink is of a value that is not a leaf; what `take` throws
template <typename T>
void gradient_in_pieces(const Var<T>& loss, PieceSinks<T> sinks);

/// sinks[i].d = J_i^T d_y, J_i the derivative of y with respect to sinks[i].of, both flattened.
///
/// d_y      of the shape of y
template <typename T>
void vjp(const Var<T>& y, std::type_identity_t<MatrixView<const T>> d_y, Sinks<T> sinks);

/// t_y = sum_i J_i tangents[i].t.
///
/// t_y      of the shape of y, overwritten; the memory is the caller's
/// Throws   ArgumentError also if a tangent is of a value that is not a leaf
/// Cost     about two evaluations of y
template <typename T>
void jvp(const Var<T>& y, Tangents<T> tangents, std::type_identity_t<MatrixView<T>> t_y);

/// sinks[i].d = sum_j (d^2 loss / d sinks[i].of d tangents[j].of) tangents[j].t: the product of the
/// Hessian and a direction if both name the same variables, a mixed derivative if not.
///
/// loss     1 x 1
/// Throws   ArgumentError also if a tangent is of a value that is not a leaf
/// Cost     below three gradients
/// Source   Pearlmutter (1994), Fast exact multiplication by the Hessian
template <typename T>
void hvp(const Var<T>& loss, Tangents<T> tangents, Sinks<T> sinks);

/// The derivative of vjp(y, d_y, sinks) along the tangents; hvp() is this with d_y = 1.
template <typename T>
void vjp_tangent(const Var<T>& y, std::type_identity_t<MatrixView<const T>> d_y,
                 Tangents<T> tangents, Sinks<T> sinks);

/// Row i of sinks[s].d = d y[i, column] / d sinks[s].of, flattened row by row: the gradients of one
/// output for all samples at once, as kernels of tangents and sharpness per sample need them.
///
/// y        n x k, computed from n samples that every op on the way keeps apart (Op::rows)
/// sinks    d is n x (elements of `of`); `of` is a leaf that all samples share
/// Throws   ShapeError if a view does not have that shape; ArgumentError if the column is not below
///          k, an op mixes samples, or a variable is not shared or not a leaf
/// Cost     the pull of vjp() once for all samples, and a product per sample and variable
template <typename T>
void per_example_jacobian(const Var<T>& y, std::size_t column, Sinks<T> sinks);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_DERIVATIVES_H_
