#include "surplus/autodiff/derivatives.h"

#include <algorithm>
#include <string_view>

#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

template <typename T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  for (std::size_t i = 0; i < from.rows(); ++i) {
    std::copy_n(from.row(i).data(), from.cols(), to.row(i).data());
  }
}

template <typename T>
void fill(MatrixView<T> view, T value) {
  for (std::size_t i = 0; i < view.rows(); ++i) std::ranges::fill(view.row(i), value);
}

}  // namespace

template <typename T>
void Step<T>::fill_zero(MatrixView<T> view) {
  fill(view, T{0});
}

template <typename T>
bool Step<T>::has_rows(std::size_t i) const {
  switch (node().op->rows) {
    case Rows::kOfFirst:
      return i == 0;
    case Rows::kOfEqual: {
      if (operand(i) == Tape<T>::kNone) return false;
      const Node& from = tape_.nodes_[operand(i)];
      // A variable of one row is shared even by a single sample.
      const bool variable = from.op == nullptr && tape_.slots_[operand(i)].wanted;
      return from.value.rows() == node().value.rows() && !(variable && from.value.rows() == 1);
    }
    default:
      return false;
  }
}

template <typename T>
typename Step<T>::Target Step<T>::d_x_unset(std::size_t i) {
  Sum& sum = into(i);
  SURPLUS_ASSERT(wants(i));
  if (part_ == Part::kShared) {
    const Shape shape = x(i).shape();
    return {{sum.view.row(row_).data(), shape.rows, shape.cols},
            sum.state == Sum::State::kFilled ? T{1} : T{0}};
  }
  if (sum.state == Sum::State::kFilled) return {sum.view, T{1}};
  if (!sum.outside) {
    const Shape shape = x(i).shape();
    sum.view = {tape_.template keep<T>(shape.rows * shape.cols), shape.rows, shape.cols};
  }
  sum.state = Sum::State::kFilled;
  return {sum.view, T{0}};
}

template <typename T>
const TakePiece<T>* Step<T>::take_pieces(std::size_t i) {
  const Slot& slot = tape_.slots_[operand(i)];
  if (slot.take == nullptr || slot.uses != 1) return nullptr;
  SURPLUS_ASSERT(into(i).state == Sum::State::kEmpty);
  into(i).state = Sum::State::kTaken;
  return slot.take;
}

template <typename T>
MatrixView<T> Step<T>::scratch(std::size_t rows, std::size_t cols) {
  const MatrixView<T> view(tape_.template keep<T>(rows * cols), rows, cols);
  tape_.scratch_.push_back(view);
  return view;
}

/// One pass over a tape, there or back. Its memory comes from the tape's arena and goes back to it
/// in the end.
template <typename T>
class Sweep {
 public:
  using Slot = typename Tape<T>::Slot;
  using Sum = typename Tape<T>::Sum;
  using State = typename Sum::State;

  Sweep(std::string_view function, const Var<T>& root)
      : function_(function), tape_(common_tape(function, {root})), root_(root.index()) {
    tape_.slots_.assign(tape_.nodes_.size(), Slot{});
    mark_ = tape_.arena_.mark();
  }
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;
  ~Sweep() {
    tape_.arena_.rewind(mark_);
    tape_.scratch_.clear();  // of a rule that threw
  }

  // Tangents of all values up to the root that have one.
  void push(Tangents<T> tangents) {
    for (std::size_t i = 0; i < tangents.size(); ++i) {
      Slot& slot = slot_of(tangents[i].of, tangents[i].t.shape(), i);
      require_leaf(tangents[i].of, "tangents must be of leaves", i);
      require_first(slot.moves, i);
      slot.moves = true;
      // Rules read tangents only.
      slot.tangent = {const_cast<T*>(tangents[i].t.data()), tangents[i].t.rows(),
                      tangents[i].t.cols(), tangents[i].t.stride()};
    }
    for (std::uint32_t i = 0; i <= root_; ++i) {
      const auto& node = tape_.nodes_[i];
      Slot& slot = tape_.slots_[i];
      slot.moves = slot.moves || any_operand(i, [](const Slot& from) { return from.moves; });
      if (!slot.moves || node.op == nullptr) continue;
      slot.tangent = take(node.value.shape());
      fill(slot.tangent, T{0});
      run(node.op->push, i, &Slot::adjoint, &Slot::adjoint);
    }
  }

  bool moved() const { return tape_.slots_[root_].moves; }
  MatrixView<const T> root_tangent() const { return tape_.slots_[root_].tangent; }

  // Adjoints back from d_y to leaves whose sinks take them in pieces.
  void pull(MatrixView<const T> d_y, PieceSinks<T> sinks) {
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      Slot& slot = slot_of(sinks[i].of, sinks[i].of.shape(), i);
      require_leaf(sinks[i].of, "variables must be leaves", i);
      require_first(slot.wanted, i);
      slot.wanted = true;
      slot.take = &sinks[i].take;
    }
    for (std::uint32_t i = 0; i <= root_; ++i) {
      const auto& node = tape_.nodes_[i];
      for (std::uint32_t l = 0; l < node.operands; ++l) {
        const std::uint32_t operand = tape_.operands_[node.first_operand + l];
        if (operand != Tape<T>::kNone) ++tape_.slots_[operand].uses;
      }
    }
    pull(d_y, Sinks<T>(), false);
    // On the tape, but no operand of what leads to the root.
    for (const PieceSink<T>& sink : sinks) {
      const State state = tape_.slots_[sink.of.index()].adjoint.state;
      if (state == State::kFilled || state == State::kTaken) continue;
      const MatrixView<T> zero = take(sink.of.shape());
      fill(zero, T{0});
      sink.take(0, 0, zero);
      give(zero);
    }
  }

  // Adjoints back from d_y to the sinks; their tangents if `second`.
  void pull(MatrixView<const T> d_y, Sinks<T> sinks, bool second) {
    Sum Slot::*const result = second ? &Slot::adjoint_tangent : &Slot::adjoint;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      Slot& slot = slot_of(sinks[i].of, sinks[i].d.shape(), i);
      require_first(slot.wanted, i);
      slot.wanted = true;
      (slot.*result).view = sinks[i].d;
      (slot.*result).outside = true;
      (slot.*result).state = State::kEmpty;
    }
    want_all([&](Slot& slot) { (slot.*result).state = State::kEmpty; });
    if (second) {  // then nobody wants the plain adjoints of leaves
      for (std::uint32_t i = 0; i <= root_; ++i) {
        Slot& slot = tape_.slots_[i];
        if (slot.wanted && tape_.nodes_[i].op != nullptr) slot.adjoint.state = State::kEmpty;
      }
    }
    if (tape_.slots_[root_].wanted) {
      Sum& seed = tape_.slots_[root_].adjoint;
      if (!seed.outside) seed.view = take(d_y.shape());
      copy(d_y, seed.view);
      seed.state = State::kFilled;
      for (std::uint32_t i = root_ + 1; i-- > 0;) pull_through(i, second);
    }
    zero_untouched(sinks, result);
  }

  // The rows of the Jacobian of one column of the root, one per sample.
  void pull_rows(std::size_t column, Sinks<T> sinks) {
    const std::size_t n = tape_.nodes_[root_].value.rows();
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      require_held(sinks[i].of, i);
      const Shape shape = sinks[i].of.shape(), view = sinks[i].d.shape();
      SURPLUS_REQUIRE((view == Shape{n, shape.rows * shape.cols}), ShapeError, function_,
                      "a view must have a row per sample and a column per element of its variable",
                      "index", i, "view", view, "samples", n, "variable", shape);
      Slot& slot = tape_.slots_[sinks[i].of.index()];
      require_leaf(sinks[i].of, "variables must be leaves", i);
      require_first(slot.wanted, i);
      slot.wanted = true;
      slot.adjoint = {sinks[i].d, State::kEmpty, true};
    }
    want_all([](Slot& slot) { slot.adjoint.state = State::kEmpty; });
    Slot& root = tape_.slots_[root_];
    if (root.wanted && tape_.nodes_[root_].op != nullptr) {
      root.adjoint.view = take(tape_.nodes_[root_].value.shape());
      root.adjoint.state = State::kFilled;
      fill(root.adjoint.view, T{0});
      for (std::size_t i = 0; i < n; ++i) root.adjoint.view(i, column) = 1;
      for (std::uint32_t i = root_ + 1; i-- > 0;) {
        if (tape_.nodes_[i].op != nullptr && tape_.slots_[i].adjoint.state == State::kFilled) {
          pull_rows_through(i, n);
          give(tape_.slots_[i].adjoint);
        }
      }
    }
    zero_untouched(sinks, &Slot::adjoint);
  }

 private:
  void pull_through(std::uint32_t i, bool second) {
    Slot& slot = tape_.slots_[i];
    const Op<T>* const op = tape_.nodes_[i].op;
    if (op != nullptr && slot.adjoint.state == State::kFilled) {
      if (second && op->curvature != nullptr &&
          any_operand(i, [](const Slot& from) { return from.moves; })) {
        run(op->curvature, i, &Slot::adjoint, &Slot::adjoint_tangent);
      }
      run(op->pull, i, &Slot::adjoint, &Slot::adjoint);
    }
    if (op != nullptr && slot.adjoint_tangent.state == State::kFilled) {
      run(op->pull, i, &Slot::adjoint_tangent, &Slot::adjoint_tangent);
    }
    if (slot.take != nullptr && slot.adjoint.state == State::kFilled) {
      (*slot.take)(0, 0, slot.adjoint.view);
    }
    give(slot.adjoint);
    give(slot.adjoint_tangent);
  }

  void pull_rows_through(std::uint32_t i, std::size_t n) {
    const auto& node = tape_.nodes_[i];
    SURPLUS_REQUIRE(node.op->rows != Rows::kOfNone, ArgumentError, function_,
                    "ops on the way must keep the samples apart", "op", node.op->name);
    Step<T> step(tape_, i, &Slot::adjoint, &Slot::adjoint);
    bool shared = false;
    for (std::uint32_t l = 0; l < node.operands; ++l) {
      if (!step.wants(l)) continue;
      const bool leaf = tape_.nodes_[step.operand(l)].op == nullptr, rows = step.has_rows(l);
      SURPLUS_REQUIRE(leaf || rows, ArgumentError, function_,
                      "variables must enter the ops of samples as they are", "op", node.op->name,
                      "operand", l);
      SURPLUS_REQUIRE(!leaf || !rows, ArgumentError, function_,
                      "variables must be shared by the samples", "op", node.op->name, "operand", l);
      shared = shared || !rows;
    }
    step.part_ = Step<T>::Part::kRows;
    run(node.op->pull, step);
    if (!shared) return;
    step.part_ = Step<T>::Part::kShared;
    for (step.row_ = 0; step.row_ < n; ++step.row_) run(node.op->pull, step);
    for (std::uint32_t l = 0; l < node.operands; ++l) {
      if (step.wants(l)) step.into(l).state = State::kFilled;
    }
  }

  // Marks what a wanted variable leads to, up to the root.
  template <typename Mark>
  void want_all(const Mark& mark) {
    for (std::uint32_t i = 0; i <= root_; ++i) {
      Slot& slot = tape_.slots_[i];
      slot.wanted = slot.wanted || any_operand(i, [](const Slot& from) { return from.wanted; });
      if (slot.wanted) mark(slot);
    }
  }

  void zero_untouched(Sinks<T> sinks, Sum Slot::*result) {
    for (const Sink<T>& sink : sinks) {
      if ((tape_.slots_[sink.of.index()].*result).state != State::kFilled) fill(sink.d, T{0});
    }
  }

  void run(typename Op<T>::Rule rule, std::uint32_t i, Sum Slot::*from, Sum Slot::*into) {
    Step<T> step(tape_, i, from, into);
    run(rule, step);
  }
  void run(typename Op<T>::Rule rule, Step<T>& step) {
    rule(step);
    for (const MatrixView<T>& view : tape_.scratch_) give(view);
    tape_.scratch_.clear();
  }

  template <typename Predicate>
  bool any_operand(std::uint32_t i, const Predicate& predicate) const {
    const auto& node = tape_.nodes_[i];
    for (std::uint32_t l = 0; l < node.operands; ++l) {
      const std::uint32_t operand = tape_.operands_[node.first_operand + l];
      if (operand != Tape<T>::kNone && predicate(tape_.slots_[operand])) return true;
    }
    return false;
  }

  MatrixView<T> take(Shape shape) {
    return {tape_.template keep<T>(shape.rows * shape.cols), shape.rows, shape.cols};
  }
  void give(const MatrixView<T>& view) {
    tape_.arena_.give(view.data(), view.rows() * view.cols() * sizeof(T));
  }
  void give(const Sum& sum) {
    if (sum.state == State::kFilled && !sum.outside) give(sum.view);
  }

  Slot& slot_of(const Var<T>& var, Shape view, std::size_t i) {
    require_held(var, i);
    const Shape shape = tape_.nodes_[var.index()].value.shape();
    SURPLUS_REQUIRE(view == shape, ShapeError, function_,
                    "a view must have the shape of its variable", "index", i, "view", view,
                    "variable", shape);
    return tape_.slots_[var.index()];
  }
  void require_held(const Var<T>& var, std::size_t i) const {
    SURPLUS_REQUIRE(tape_.holds(var), ArgumentError, function_,
                    "variables must be on the tape and not cleared away", "index", i);
  }
  void require_leaf(const Var<T>& var, std::string_view requirement, std::size_t i) const {
    SURPLUS_REQUIRE(tape_.nodes_[var.index()].op == nullptr, ArgumentError, function_, requirement,
                    "index", i);
  }
  void require_first(bool seen, std::size_t i) const {
    SURPLUS_REQUIRE(!seen, ArgumentError, function_, "variables must be distinct", "index", i);
  }

  std::string_view function_;
  Tape<T>& tape_;
  std::uint32_t root_;
  Arena::Mark mark_;
};

namespace {

template <typename T>
void require_scalar(std::string_view function, const Var<T>& loss) {
  const Shape shape = (common_tape(function, {loss}), loss.shape());
  SURPLUS_REQUIRE((shape == Shape{1, 1}), ShapeError, function, "the loss must be 1 x 1", "loss",
                  shape);
}

template <typename T>
void require_seed(std::string_view function, const Var<T>& y, Shape view) {
  const Shape shape = (common_tape(function, {y}), y.shape());
  SURPLUS_REQUIRE(view == shape, ShapeError, function, "the view must have the shape of y", "view",
                  view, "y", shape);
}

}  // namespace

template <typename T>
void gradient(const Var<T>& loss, Sinks<T> sinks) {
  require_scalar("gradient", loss);
  const T one = 1;
  Sweep<T>("gradient", loss).pull({&one, 1, 1}, sinks, false);
}

template <typename T>
void gradient_in_pieces(const Var<T>& loss, PieceSinks<T> sinks) {
  require_scalar("gradient_in_pieces", loss);
  const T one = 1;
  Sweep<T>("gradient_in_pieces", loss).pull({&one, 1, 1}, sinks);
}

template <typename T>
Matrix<T> gradient(const Var<T>& loss, const Var<T>& of) {
  require_scalar("gradient", loss);
  Matrix<T> d(of.shape().rows, of.shape().cols);
  const Sink<T> sinks[] = {{of, d}};
  gradient(loss, sinks);
  return d;
}

template <typename T>
void vjp(const Var<T>& y, std::type_identity_t<MatrixView<const T>> d_y, Sinks<T> sinks) {
  require_seed("vjp", y, d_y.shape());
  Sweep<T>("vjp", y).pull(d_y, sinks, false);
}

template <typename T>
void jvp(const Var<T>& y, Tangents<T> tangents, std::type_identity_t<MatrixView<T>> t_y) {
  require_seed("jvp", y, t_y.shape());
  Sweep<T> sweep("jvp", y);
  sweep.push(tangents);
  if (sweep.moved()) {
    copy(sweep.root_tangent(), t_y);
  } else {
    fill(t_y, T{0});
  }
}

template <typename T>
void vjp_tangent(const Var<T>& y, std::type_identity_t<MatrixView<const T>> d_y,
                 Tangents<T> tangents, Sinks<T> sinks) {
  require_seed("vjp_tangent", y, d_y.shape());
  Sweep<T> sweep("vjp_tangent", y);
  sweep.push(tangents);
  sweep.pull(d_y, sinks, true);
}

template <typename T>
void hvp(const Var<T>& loss, Tangents<T> tangents, Sinks<T> sinks) {
  require_scalar("hvp", loss);
  const T one = 1;
  Sweep<T> sweep("hvp", loss);
  sweep.push(tangents);
  sweep.pull({&one, 1, 1}, sinks, true);
}

template <typename T>
void per_example_jacobian(const Var<T>& y, std::size_t column, Sinks<T> sinks) {
  constexpr const char* kName = "per_example_jacobian";
  common_tape(kName, {y});
  SURPLUS_REQUIRE(column < y.shape().cols, ArgumentError, kName,
                  "column must be below the columns of y", "column", column, "y", y.shape());
  Sweep<T>(kName, y).pull_rows(column, sinks);
}

#define SURPLUS_INSTANTIATE(T)                                                          \
  template class Step<T>;                                                               \
  template void gradient(const Var<T>&, Sinks<T>);                                      \
  template void gradient_in_pieces(const Var<T>&, PieceSinks<T>);                       \
  template Matrix<T> gradient(const Var<T>&, const Var<T>&);                            \
  template void vjp(const Var<T>&, MatrixView<const T>, Sinks<T>);                      \
  template void jvp(const Var<T>&, Tangents<T>, MatrixView<T>);                         \
  template void vjp_tangent(const Var<T>&, MatrixView<const T>, Tangents<T>, Sinks<T>); \
  template void hvp(const Var<T>&, Tangents<T>, Sinks<T>);                              \
  template void per_example_jacobian(const Var<T>&, std::size_t, Sinks<T>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
