/// A two-layer network small enough to be worked out by hand, as trained and as at the start: the
/// study's golden unit test, whose numbers the tests of this folder hold.
#ifndef SURPLUS_TESTS_LIB_THEORY_TINY_NET_H_
#define SURPLUS_TESTS_LIB_THEORY_TINY_NET_H_

#include <cmath>
#include <cstddef>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/theory/two_layer.h"

namespace surplus::tests {

template <typename T>
struct TinyNet {
  Matrix<T> u0{
      {T(.1), T(-.2), T(.3), 0}, {0, T(.25), T(-.15), T(.2)}, {T(-.3), T(.1), T(.05), T(.15)}};
  Matrix<T> v0{{T(.2), T(-.1), T(.3)}, {T(-.25), T(.15), T(.1)}};
  Matrix<T> u{{T(.4), T(-.5), T(.3), T(.1)},
              {T(-.2), T(.65), T(-.35), T(.2)},
              {T(-.3), T(.2), T(.55), T(-.25)}};
  Matrix<T> v{{T(.9), T(-.4), T(.3)}, {T(-.85), T(.5), T(.4)}};
  std::vector<T> b0{T(.05), T(-.1), 0}, b{T(.1), T(-.2), T(.05)}, c{T(-.05), T(.15)};
  Matrix<T> x{
      {1, 0, T(.5), -1}, {T(.2), T(1.5), T(-.3), 0},   {-1, T(.4), T(.8), T(.6)}, {2, -1, 0, T(.5)},
      {0, 1, -1, 1},     {T(.5), T(.5), T(.5), T(-.5)}};
  std::vector<std::size_t> y{0, 1, 1, 0, 1, 0};

  TwoLayerWeights<T> trained() const { return {u, v}; }
  TwoLayerWeights<T> start() const { return {u0, v0}; }
  TwoLayerNorms norms() const { return two_layer_norms(trained(), start()); }
  /// Batches of four, of which the second has two samples.
  TwoLayerData data() const { return two_layer_data(x, u0, b0, 4); }

  /// V [U x + b]_+ + c for each sample, n x k.
  Matrix<T> scores() const {
    Matrix<T> out(x.rows(), v.rows());
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t k = 0; k < v.rows(); ++k) out(i, k) = c[k];
      for (std::size_t j = 0; j < u.rows(); ++j) {
        T hidden = b[j];
        for (std::size_t l = 0; l < x.cols(); ++l) hidden += u(j, l) * x(i, l);
        for (std::size_t k = 0; hidden > 0 && k < v.rows(); ++k) out(i, k) += v(k, j) * hidden;
      }
    }
    return out;
  }
};

/// |a - b| <= tolerance |b|.
inline bool close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::abs(b);
}

}  // namespace surplus::tests

#endif  // SURPLUS_TESTS_LIB_THEORY_TINY_NET_H_
