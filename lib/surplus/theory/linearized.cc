#include "surplus/theory/linearized.h"

#include <cmath>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/core/errors.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/matmul.h"

namespace surplus {

template <typename T>
Linearization<T> linearize(const std::type_identity_t<Network<T>>& network,
                           const Parameters<T>& start, const Parameters<T>& theta,
                           std::type_identity_t<MatrixView<const T>> x) {
  SURPLUS_REQUIRE(start.layout() == theta.layout(), ShapeError, "linearize",
                  "both parameters must have the same layout", "start", start.size(), "theta",
                  theta.size());
  Parameters<T> change = theta;
  for (std::size_t i = 0; i < change.size(); ++i) change.flat()[i] -= start.flat()[i];
  ad::Tape<T> tape;
  Linearization<T> result;
  {
    const std::vector<ad::Var<T>> leaves = leaves_of(start, tape);
    const ad::Var<T> y = network(tape, leaves, tape.leaf(x));
    result.start = Matrix<T>(y.value());
    std::vector<ad::Tangent<T>> tangents(leaves.size());
    for (std::size_t i = 0; i < leaves.size(); ++i) tangents[i] = {leaves[i], change[i]};
    result.linear = Matrix<T>(y.shape().rows, y.shape().cols);
    ad::jvp(y, tangents, result.linear);
  }
  tape.clear();
  result.value = Matrix<T>(network(tape, leaves_of(theta, tape), tape.leaf(x)).value());
  result.remainder = result.value;
  for (std::size_t i = 0; i < result.linear.size(); ++i) {
    result.linear.values()[i] += result.start.values()[i];
    result.remainder.values()[i] -= result.linear.values()[i];
  }
  return result;
}

template Linearization<float> linearize(const Network<float>&, const Parameters<float>&,
                                        const Parameters<float>&, MatrixView<const float>);
template Linearization<double> linearize(const Network<double>&, const Parameters<double>&,
                                         const Parameters<double>&, MatrixView<const double>);

Matrix<double> kernel_descent(MatrixView<const double> kernel, MatrixView<const double> cross,
                              MatrixView<const double> residual, double rate, std::size_t steps) {
  const std::size_t n = kernel.rows();
  SURPLUS_REQUIRE(kernel.cols() == n && cross.cols() == n && residual.rows() == n, ShapeError,
                  "kernel_descent", "the kernels and the residual must fit", "kernel",
                  kernel.shape(), "cross", cross.shape(), "residual", residual.shape());
  SURPLUS_REQUIRE(rate > 0 && std::isfinite(rate), ArgumentError, "kernel_descent",
                  "rate must be positive and finite", "rate", rate);
  const Eigh<double> e = eigh(kernel);
  Matrix<double> along = matmul(e.vectors, residual, {.transpose_a = true});
  for (std::size_t i = 0; i < n; ++i) {
    // (1 - (1 - rate l)^t) / l, the sum of rate (1 - rate l)^s over s < t, which is rate t at l = 0.
    const double l = e.values[i], shrink = rate * l;
    const auto t = static_cast<double>(steps);
    double factor = rate * t;
    if (shrink > 0 && shrink < 1) factor = -std::expm1(t * std::log1p(-shrink)) / l;
    if (shrink < 0 || shrink >= 1) factor = (1 - std::pow(1 - shrink, t)) / l;
    for (double& value : along.row(i)) value *= factor;
  }
  return matmul(cross, matmul(e.vectors, along));
}

}  // namespace surplus
