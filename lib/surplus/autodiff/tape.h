/// The tape: values of matrix functions in the order in which they were computed, so that
/// derivatives.h can go back over them.
///
///   Tape<float> tape;                                       // kept over all steps
///   const Var w = tape.leaf(weights), x = tape.leaf(batch);  // refer to memory outside
///   const Var loss = mean(softmax_cross_entropy(linear(x, w), labels));
///   gradient(loss, sinks);  // sinks[i] = {w, d_w}: the gradient is written to the view d_w
///   tape.clear();           // forgets the values, keeps the memory
///
/// Values never change once they are recorded, and nothing here runs at once on one tape: threads
/// work inside the ops.
#ifndef SURPLUS_AUTODIFF_TAPE_H_
#define SURPLUS_AUTODIFF_TAPE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "surplus/autodiff/arena.h"
#include "surplus/core/errors.h"
#include "surplus/core/matrix.h"

namespace surplus::ad {

template <typename T>
class Tape;
template <typename T>
struct Op;
template <typename T>
class Step;
template <typename T>
class Sweep;

/// What is done with a piece of a matrix, of which (i, j) is the first element.
template <typename T>
using TakePiece = std::function<void(std::size_t i, std::size_t j, MatrixView<const T> piece)>;

/// A value on a tape: passed by value, good until the tape is cleared. Without a tape it stands for
/// an operand that is not there, such as a bias.
template <typename T>
class Var {
 public:
  Var() = default;

  /// Throws ArgumentError if there is no tape, or it was cleared since.
  MatrixView<const T> value() const {
    SURPLUS_REQUIRE(tape_ != nullptr && tape_->holds(*this), ArgumentError, "Var::value",
                    "the value must be on a tape and not cleared away");
    return tape_->nodes_[index_].value;
  }
  Shape shape() const { return value().shape(); }
  /// The element of a 1 x 1 value. Throws ShapeError if there are more or none.
  T item() const {
    SURPLUS_REQUIRE((shape() == Shape{1, 1}), ShapeError, "Var::item", "the value must be 1 x 1",
                    "shape", shape());
    return value()(0, 0);
  }

  explicit operator bool() const { return tape_ != nullptr; }
  Tape<T>* tape() const { return tape_; }
  std::uint32_t index() const { return index_; }
  friend bool operator==(const Var&, const Var&) = default;

 private:
  friend class Tape<T>;
  Var(Tape<T>* tape, std::uint32_t index, std::uint32_t life)
      : tape_(tape), index_(index), life_(life) {}

  Tape<T>* tape_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t life_ = 0;  // of the tape, which clear() ends
};

/// A part of a computation, from values on one tape to another on the same one.
template <typename T>
using Segment = std::function<Var<T>(Tape<T>& tape, std::span<const Var<T>> x)>;

/// What an op gets when it records itself: its result, and where to write the value.
template <typename T>
struct Recorded {
  Var<T> var;
  MatrixView<T> y;
};

/// T is float or double.
template <typename T>
class Tape {
 public:
  Tape() = default;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// A variable or constant whose value stays where it is: the memory must live, and must not
  /// change, until its last use. Which leaves are variables, each call of gradient() says anew.
  Var<T> leaf(MatrixView<const T> outside);
  /// A copy of `value`, for one that does not live long enough.
  Var<T> constant(MatrixView<const T> value);
  /// A 1 x 1 constant.
  Var<T> constant(T value) { return constant(MatrixView<const T>(&value, 1, 1)); }

  /// Forgets all values and keeps the memory. Vars from before are then refused.
  void clear();

  /// How many values are recorded, and how much memory the tape holds, used or not.
  std::size_t size() const { return nodes_.size(); }
  std::size_t capacity_bytes() const {
    return arena_.capacity() + (inner_ == nullptr ? 0 : inner_->capacity_bytes());
  }

  /// Whether `var` is of this tape since its last clear().
  bool holds(const Var<T>& var) const {
    return var.tape_ == this && var.life_ == life_ && var.index_ < nodes_.size();
  }

  // What follows is for ops (op.h).

  /// A new value of `shape`, to be written by the caller, that `op` computes from `operands`;
  /// `data` is copied for the op's rules to read.
  template <typename Data>
  Recorded<T> record(const Op<T>& op, std::span<const Var<T>> operands, Shape shape,
                     const Data& data) {
    static_assert(std::is_trivially_copyable_v<Data> && std::is_trivially_destructible_v<Data>);
    return append(op, operands, shape, new (arena_.take(sizeof(Data))) Data(data));
  }
  Recorded<T> record(const Op<T>& op, std::span<const Var<T>> operands, Shape shape) {
    return append(op, operands, shape, nullptr);
  }
  template <typename... Data>
  Recorded<T> record(const Op<T>& op, std::initializer_list<Var<T>> operands, Shape shape,
                     const Data&... data) {
    return record(op, std::span<const Var<T>>(operands.begin(), operands.size()), shape, data...);
  }
  /// A copy of `values`, or memory for `count` of them, that lives as long as the recorded values.
  template <typename Value>
  Value* keep(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<Value>);
    return static_cast<Value*>(arena_.take(count * sizeof(Value)));
  }
  template <typename Value>
  std::span<const Value> keep(std::span<const Value> values);
  /// For checkpoint(): how a value is computed, until clear(), and a tape to do it again on.
  const Segment<T>& keep(Segment<T> segment) { return segments_.emplace_back(std::move(segment)); }
  Tape& inner() {
    if (inner_ == nullptr) inner_ = std::make_unique<Tape>();
    return *inner_;
  }

 private:
  friend class Var<T>;
  friend class Step<T>;
  friend class Sweep<T>;
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    const Op<T>* op;  // null for a leaf
    const void* data;
    MatrixView<const T> value;
    std::uint32_t first_operand, operands;  // in operands_
  };
  // A sum that grows during a sweep back: an adjoint, or the tangent of one.
  struct Sum {
    enum class State : std::uint8_t { kUnwanted, kEmpty, kFilled, kTaken };
    MatrixView<T> view;
    State state = State::kUnwanted;
    bool outside = false;  // view is the caller's
  };
  // What a sweep knows of a node.
  struct Slot {
    MatrixView<T> tangent;
    Sum adjoint, adjoint_tangent;
    const TakePiece<T>* take = nullptr;  // where the adjoint of a leaf goes, if in pieces
    std::uint32_t uses = 0;              // by operations up to the root, counted for such leaves
    bool moves = false;                  // has a tangent
    bool wanted = false;                 // a wanted variable, or depends on one
  };

  Recorded<T> append(const Op<T>& op, std::span<const Var<T>> operands, Shape shape,
                     const void* data);

  Arena arena_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> operands_;
  std::vector<Slot> slots_;
  std::vector<MatrixView<T>> scratch_;  // of the rule that runs
  std::deque<Segment<T>> segments_;
  std::unique_ptr<Tape> inner_;
  std::uint32_t life_ = 0;
};

/// The tape of all `operands` that are there; for ops, before they ask for shapes.
/// Throws ArgumentError if the first is not there, or one is not on that tape since its last clear()
template <typename T>
Tape<T>& common_tape(std::string_view function, std::initializer_list<Var<T>> operands);
template <typename T>
Tape<T>& common_tape(std::string_view function, std::span<const Var<T>> operands);

template <typename T>
template <typename Value>
std::span<const Value> Tape<T>::keep(std::span<const Value> values) {
  Value* const copy = keep<Value>(values.size());
  std::copy(values.begin(), values.end(), copy);
  return {copy, values.size()};
}

extern template class Tape<float>;
extern template class Tape<double>;

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_TAPE_H_
