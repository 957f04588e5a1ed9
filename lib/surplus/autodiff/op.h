/// What an op is: a name and up to three rules, from which every derivative follows.
///
/// For y = f(x_0, x_1, ...), with J_i the derivative of y with respect to x_i, d_y the derivative of
/// the objective with respect to y, and t_x, t_y the change of x and y along a direction:
///
///   push       t_y   += sum_i J_i t_x_i                 jvp; Hessian products, on the way there
///   pull       d_x_i += J_i^T d_y                       gradient, vjp; Hessian products, way back
///   curvature  d_x_i += (sum_j dJ_i/dx_j t_x_j)^T d_y   Hessian products, way back
///
/// A Hessian-vector product is the derivative of the gradient along t. Every value has a tangent t_y
/// and every adjoint d_y has a tangent t_d_y, for which the product rule says
///   t_d_x_i += J_i^T t_d_y + (the derivative of J_i along t)^T d_y:
/// pull once more, with t_d_y for d_y, and curvature. So second order is exact, an op that is linear
/// in its operands has no curvature, and no rule knows what it is used for. A Hessian product costs
/// a push and two pulls beside the curvature: for a product of matrices 8 products to the 3 of a
/// gradient.
///
/// The function of the op (ops/name.h) checks shapes, computes the value and records it with
/// everything that the rules need besides operands and result.
#ifndef SURPLUS_AUTODIFF_OP_H_
#define SURPLUS_AUTODIFF_OP_H_

#include <cstddef>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// Of which operands row i alone enters row i of y, and no other row, so that rows (samples) can be
/// handled one by one. All of every other operand enters each row.
enum class Rows {
  kOfNone,
  kOfFirst,  ///< of operand 0
  kOfEqual,  ///< of those with as many rows as y
};

template <typename T>
struct Op {
  using Rule = void (*)(Step<T>& step);

  const char* name;
  Rule push;
  Rule pull;
  Rule curvature = nullptr;  ///< null: none
  Rows rows = Rows::kOfNone;
};

/// What a rule sees of one recorded value, with the letters of the formulas above.
template <typename T>
class Step {
 public:
  /// What record() was given. `Data` must be that type.
  template <typename Data>
  const Data& data() const {
    return *static_cast<const Data*>(node().data);
  }
  std::size_t operands() const { return node().operands; }
  MatrixView<const T> y() const { return of_row(node().value); }
  MatrixView<const T> x(std::size_t i) const {
    const MatrixView<const T> value = tape_.nodes_[operand(i)].value;
    return has_rows(i) ? of_row(value) : value;
  }

  /// Whether operand i is there and has a tangent; and the tangents. t_y is zero when push begins.
  bool moves(std::size_t i) const {
    return operand(i) != Tape<T>::kNone && tape_.slots_[operand(i)].moves;
  }
  MatrixView<const T> t_x(std::size_t i) const { return tape_.slots_[operand(i)].tangent; }
  MatrixView<T> t_y() const { return tape_.slots_[node_].tangent; }

  /// Whether operand i is there and its adjoint is wanted: the rule skips those that are not.
  bool wants(std::size_t i) const {
    return operand(i) != Tape<T>::kNone && into(i).state != Sum::State::kUnwanted &&
           (part_ == Part::kAll || has_rows(i) == (part_ == Part::kRows));
  }
  MatrixView<const T> d_y() const { return of_row((tape_.slots_[node_].*from_).view); }
  /// What a rule adds to.
  MatrixView<T> d_x(std::size_t i) {
    const Target target = d_x_unset(i);
    if (target.beta == 0) fill_zero(target.d);
    return target.d;
  }
  /// The same for rules that can overwrite as well: d = beta d + ..., with a beta of 0 or 1, and d
  /// not to be read if it is 0. The rule must write every element.
  struct Target {
    MatrixView<T> d;
    T beta;
  };
  Target d_x_unset(std::size_t i);
  /// Where the rule can put d_x in pieces instead, if nothing else adds to it and nobody wants it as
  /// a whole; else null. Only after the rule's last look at x(i).
  const TakePiece<T>* take_pieces(std::size_t i);

  /// Memory of unspecified content until the rule returns.
  MatrixView<T> scratch(std::size_t rows, std::size_t cols);

 private:
  friend class Sweep<T>;
  using Sum = typename Tape<T>::Sum;
  using Slot = typename Tape<T>::Slot;
  using Node = typename Tape<T>::Node;
  // For one sample at a time: operands with rows of their own, or those that samples share; the
  // latter's adjoints are then rows of a Jacobian.
  enum class Part : std::uint8_t { kAll, kRows, kShared };

  Step(Tape<T>& tape, std::uint32_t node, Sum Slot::*from, Sum Slot::*into)
      : tape_(tape), node_(node), from_(from), into_(into) {}

  static void fill_zero(MatrixView<T> view);
  const Node& node() const { return tape_.nodes_[node_]; }
  std::uint32_t operand(std::size_t i) const {
    SURPLUS_ASSERT(i < operands());
    return tape_.operands_[node().first_operand + i];
  }
  Sum& into(std::size_t i) const { return tape_.slots_[operand(i)].*into_; }
  bool has_rows(std::size_t i) const;
  MatrixView<const T> of_row(MatrixView<const T> all) const {
    return part_ == Part::kShared ? all.block(row_, 0, 1, all.cols()) : all;
  }

  Tape<T>& tape_;
  std::uint32_t node_;
  Sum Slot::*from_;
  Sum Slot::*into_;
  Part part_ = Part::kAll;
  std::size_t row_ = 0;  // of kShared
};

extern template class Step<float>;
extern template class Step<double>;

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OP_H_
