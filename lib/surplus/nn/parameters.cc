#include "surplus/nn/parameters.h"

#include <algorithm>
#include <utility>

#include "surplus/core/errors.h"

namespace surplus {

template <typename T>
Parameters<T>::Parameters(std::vector<NamedShape> layout) : layout_(std::move(layout)) {
  std::size_t size = 0;
  for (auto matrix = layout_.begin(); matrix != layout_.end(); ++matrix) {
    const bool distinct = std::none_of(layout_.begin(), matrix, [&](const NamedShape& before) {
      return before.name == matrix->name;
    });
    SURPLUS_REQUIRE(!matrix->name.empty() && distinct, ArgumentError, "Parameters",
                    "names must be distinct and not empty", "name", matrix->name);
    offsets_.push_back(size);
    size += matrix->shape.rows * matrix->shape.cols;
  }
  values_ = Matrix<T>(1, size);
}

template <typename T>
std::size_t Parameters<T>::index_of(std::string_view name) const {
  const auto found = std::ranges::find(layout_, name, &NamedShape::name);
  SURPLUS_REQUIRE(found != layout_.end(), ArgumentError, "Parameters",
                  "there must be a matrix of this name", "name", name);
  return static_cast<std::size_t>(found - layout_.begin());
}

template <typename T>
void put_leaves(const Parameters<T>& parameters, ad::Tape<T>& tape,
                std::vector<ad::Var<T>>& leaves) {
  leaves.clear();
  for (std::size_t i = 0; i < parameters.count(); ++i) leaves.push_back(tape.leaf(parameters[i]));
}

template <typename T>
std::vector<ad::Var<T>> leaves_of(const Parameters<T>& parameters, ad::Tape<T>& tape) {
  std::vector<ad::Var<T>> leaves;
  put_leaves(parameters, tape, leaves);
  return leaves;
}

template <typename T>
std::vector<ad::Sink<T>> sinks_of(const std::vector<ad::Var<T>>& leaves, Parameters<T>& gradient) {
  SURPLUS_REQUIRE(leaves.size() == gradient.count(), ShapeError, "sinks_of",
                  "there must be a leaf per matrix", "leaves", leaves.size(), "matrices",
                  gradient.count());
  std::vector<ad::Sink<T>> sinks;
  for (std::size_t i = 0; i < leaves.size(); ++i) sinks.push_back({leaves[i], gradient[i]});
  return sinks;
}

#define SURPLUS_INSTANTIATE(T)                                                            \
  template class Parameters<T>;                                                           \
  template void put_leaves(const Parameters<T>&, ad::Tape<T>&, std::vector<ad::Var<T>>&); \
  template std::vector<ad::Var<T>> leaves_of(const Parameters<T>&, ad::Tape<T>&);         \
  template std::vector<ad::Sink<T>> sinks_of(const std::vector<ad::Var<T>>&, Parameters<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
