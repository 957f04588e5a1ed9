#include "surplus/optim/online_backprop.h"

#include <algorithm>

#include "kernels/backprop.h"
#include "surplus/core/errors.h"

namespace surplus {

template <typename T>
double online_backprop(MatrixView<const T> x, std::type_identity_t<std::span<const T>> y,
                       std::span<const std::size_t> order,
                       std::type_identity_t<std::span<const T>> rates, double decay,
                       const TanhNetwork<T>& network, Matrix<T>& memory) {
  const auto& [w, b, v, c] = network;
  const std::size_t h = w.rows(), d = w.cols();
  constexpr const char* kFunction = "online_backprop";
  SURPLUS_REQUIRE(x.cols() == d, ShapeError, kFunction, "the weights must have a column per input",
                  "w", w.shape(), "x", x.shape());
  SURPLUS_REQUIRE(b.size() == h && v.size() == h, ShapeError, kFunction,
                  "there must be a bias and an output weight per row of w", "w", w.shape(), "b",
                  b.size(), "v", v.size());
  SURPLUS_REQUIRE(y.size() == x.rows(), ShapeError, kFunction,
                  "there must be a target per row of x", "y", y.size(), "x", x.shape());
  SURPLUS_REQUIRE(rates.size() == order.size(), ShapeError, kFunction,
                  "there must be a rate per step", "rates", rates.size(), "steps", order.size());
  if (order.empty()) return 0;
  const std::size_t largest = *std::ranges::max_element(order);
  SURPLUS_REQUIRE(largest < x.rows(), ArgumentError, kFunction,
                  "order must hold numbers of rows of x", "order", largest, "x", x.shape());
  const std::size_t needed = kernels::online_backprop_scratch(h, d);
  if (memory.size() < needed) memory = Matrix<T>(1, needed);
  return kernels::online_backprop(h, d, order.size(), order.data(), rates.data(),
                                  static_cast<T>(decay), x.data(), x.stride(), y.data(), w.data(),
                                  w.stride(), b.data(), v.data(), c, memory.data());
}

template double online_backprop(MatrixView<const float>, std::span<const float>,
                                std::span<const std::size_t>, std::span<const float>, double,
                                const TanhNetwork<float>&, Matrix<float>&);
template double online_backprop(MatrixView<const double>, std::span<const double>,
                                std::span<const std::size_t>, std::span<const double>, double,
                                const TanhNetwork<double>&, Matrix<double>&);

}  // namespace surplus
