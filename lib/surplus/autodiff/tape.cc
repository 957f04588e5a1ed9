#include "surplus/autodiff/tape.h"

#include <algorithm>

namespace surplus::ad {

template <typename T>
Var<T> Tape<T>::leaf(MatrixView<const T> outside) {
  nodes_.push_back({nullptr, nullptr, outside, static_cast<std::uint32_t>(operands_.size()), 0});
  return {this, static_cast<std::uint32_t>(nodes_.size() - 1), life_};
}

template <typename T>
Var<T> Tape<T>::constant(MatrixView<const T> value) {
  T* const copy = keep<T>(value.rows() * value.cols());
  for (std::size_t i = 0; i < value.rows(); ++i) {
    std::copy_n(value.row(i).data(), value.cols(), copy + i * value.cols());
  }
  return leaf({copy, value.rows(), value.cols()});
}

template <typename T>
void Tape<T>::clear() {
  nodes_.clear();
  operands_.clear();
  segments_.clear();
  arena_.rewind({});
  ++life_;
}

template <typename T>
Recorded<T> Tape<T>::append(const Op<T>& op, std::span<const Var<T>> operands, Shape shape,
                            const void* data) {
  const auto first = static_cast<std::uint32_t>(operands_.size());
  for (const Var<T>& operand : operands) {
    SURPLUS_ASSERT(!operand || holds(operand));
    operands_.push_back(operand ? operand.index_ : kNone);
  }
  const MatrixView<T> y(keep<T>(shape.rows * shape.cols), shape.rows, shape.cols);
  nodes_.push_back({&op, data, y, first, static_cast<std::uint32_t>(operands.size())});
  return {Var<T>(this, static_cast<std::uint32_t>(nodes_.size() - 1), life_), y};
}

template <typename T>
Tape<T>& common_tape(std::string_view function, std::span<const Var<T>> operands) {
  Tape<T>* const tape = operands.empty() ? nullptr : operands.front().tape();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    SURPLUS_REQUIRE(tape != nullptr && (!operands[i] || tape->holds(operands[i])), ArgumentError,
                    function, "operands must be on one tape and not cleared away", "operand", i);
  }
  SURPLUS_REQUIRE(tape != nullptr, ArgumentError, function, "there must be an operand");
  return *tape;
}

template <typename T>
Tape<T>& common_tape(std::string_view function, std::initializer_list<Var<T>> operands) {
  return common_tape(function, std::span<const Var<T>>(operands.begin(), operands.size()));
}

template class Tape<float>;
template class Tape<double>;
template Tape<float>& common_tape(std::string_view, std::span<const Var<float>>);
template Tape<double>& common_tape(std::string_view, std::span<const Var<double>>);
template Tape<float>& common_tape(std::string_view, std::initializer_list<Var<float>>);
template Tape<double>& common_tape(std::string_view, std::initializer_list<Var<double>>);

}  // namespace surplus::ad
