#define BOOST_TEST_MODULE pieces
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"

namespace surplus::ad {
namespace {

using surplus::tests::random_matrix;
using surplus::tests::says;

template <typename T>
constexpr T kUnseen = std::numeric_limits<T>::infinity();

// Collects the pieces; an element that no piece covers, or more than one, makes it not a number.
template <typename T>
struct Collected {
  explicit Collected(Shape shape) : d(shape.rows, shape.cols, kUnseen<T>) {}
  Matrix<T> d;
  PieceSink<T> sink(const Var<T>& of) {
    return {of, [this](std::size_t i, std::size_t j, MatrixView<const T> piece) {
              for (std::size_t row = 0; row < piece.rows(); ++row) {
                for (std::size_t col = 0; col < piece.cols(); ++col) {
                  T& to = d(i + row, j + col);
                  to = to == kUnseen<T> ? piece(row, col) : std::numeric_limits<T>::quiet_NaN();
                }
              }
            }};
  }
};

template <typename T>
void pieces_are_the_gradient() {
  const auto x = random_matrix<T>(9, 300, 1), w = random_matrix<T>(270, 300, 2),
             b = random_matrix<T>(1, 270, 3), shared = random_matrix<T>(270, 270, 4),
             apart = random_matrix<T>(2, 3, 5);
  Tape<T> tape;
  const Var<T> leaves[] = {tape.leaf(w), tape.leaf(b), tape.leaf(shared), tape.leaf(apart)};
  Var<T> y = linear(tape.leaf(x), leaves[0], leaves[1], Activation::kTanh);
  y = linear(y, leaves[2], {}, Activation::kTanh);
  y = linear(y, leaves[2]);
  const Var<T> loss = mean(square(y)), late = tape.leaf(x);
  std::vector<Collected<T>> collected;
  collected.reserve(5);  // sinks refer to them
  for (const Var<T>& leaf : leaves) collected.emplace_back(leaf.shape());
  collected.emplace_back(late.shape());
  std::vector<PieceSink<T>> sinks;
  for (std::size_t i = 0; i < 4; ++i) sinks.push_back(collected[i].sink(leaves[i]));
  sinks.push_back(collected[4].sink(late));
  for (const std::size_t threads : {1, 8}) {
    set_thread_count(threads);
    for (auto& each : collected) std::ranges::fill(each.d.values(), kUnseen<T>);
    gradient_in_pieces(loss, sinks);
    set_thread_count(0);
    for (std::size_t i = 0; i < 4; ++i) BOOST_TEST((collected[i].d == gradient(loss, leaves[i])));
    BOOST_TEST((collected[4].d == Matrix<T>(9, 300)));
  }
}

BOOST_AUTO_TEST_CASE(pieces_make_up_the_gradient_to_the_bit_in_float) {
  pieces_are_the_gradient<float>();
}
BOOST_AUTO_TEST_CASE(pieces_make_up_the_gradient_to_the_bit_in_double) {
  pieces_are_the_gradient<double>();
}

BOOST_AUTO_TEST_CASE(a_leaf_may_be_changed_by_its_own_pieces) {
  // Both layers' gradients need the other's weights; each must see the old ones.
  Matrix<double> w = random_matrix<double>(4, 3, 1), v = random_matrix<double>(2, 4, 2);
  const auto x = random_matrix<double>(5, 3, 3);
  Tape<double> tape;
  const auto at_w = tape.leaf(w), at_v = tape.leaf(v);
  const auto loss = sum(square(linear(linear(tape.leaf(x), at_w), at_v)));
  const Matrix<double> d_w = gradient(loss, at_w), d_v = gradient(loss, at_v);
  const auto descend = [](Matrix<double>& from) {
    return [&from](std::size_t i, std::size_t j, MatrixView<const double> piece) {
      for (std::size_t row = 0; row < piece.rows(); ++row) {
        for (std::size_t col = 0; col < piece.cols(); ++col) {
          from(i + row, j + col) -= piece(row, col);
        }
      }
    };
  };
  Matrix<double> w_end = w, v_end = v;
  descend(w_end)(0, 0, d_w);
  descend(v_end)(0, 0, d_v);
  const PieceSink<double> sinks[] = {{at_w, descend(w)}, {at_v, descend(v)}};
  gradient_in_pieces(loss, sinks);
  BOOST_TEST((w == w_end));
  BOOST_TEST((v == v_end));
}

BOOST_AUTO_TEST_CASE(sinks_that_make_no_sense_are_refused) {
  const Matrix<double> x{{1, 2}};
  Tape<double> tape;
  const auto leaf = tape.leaf(x), squares = square(leaf), loss = sum(squares);
  const auto ignore = [](std::size_t, std::size_t, MatrixView<const double>) {};
  const auto refused = [&](std::vector<PieceSink<double>> sinks, const std::string& text) {
    BOOST_CHECK_EXCEPTION(gradient_in_pieces(loss, sinks), ArgumentError,
                          says("gradient_in_pieces: " + text));
  };
  refused({{squares, ignore}}, "variables must be leaves; got index 0");
  refused({{leaf, ignore}, {leaf, ignore}}, "variables must be distinct; got index 1");
  BOOST_CHECK_EXCEPTION(gradient_in_pieces(squares, std::vector<PieceSink<double>>()), ShapeError,
                        says("gradient_in_pieces: the loss must be 1 x 1; got loss 1 x 2"));
}

}  // namespace
}  // namespace surplus::ad
