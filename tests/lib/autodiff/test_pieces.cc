#define BOOST_TEST_MODULE pieces
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/sparse_conv2d.h"
#include "surplus/autodiff/ops/sparse_linear.h"
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

// Two sparse layers on examples that do not fill their tiles.
template <typename T>
Var<T> sparse_loss(Tape<T>& tape, const SparsePattern& first, const SparsePattern& second,
                   const Matrix<T>& x, std::span<const Var<T>> leaves) {
  Var<T> y = to_tiles(tape.leaf(x), 16);
  y = sparse_linear(y, leaves[0], first, leaves[1], Activation::kRelu);
  y = sparse_linear(y, leaves[2], second, leaves[3], Activation::kTanh);
  return mean(square(from_tiles(y, x.rows())));
}

SparsePattern every(Shape shape, std::uint32_t step) {
  std::vector<std::uint32_t> positions;
  for (std::uint32_t p = 1; p < shape.rows * shape.cols; p += step) positions.push_back(p);
  return {shape, positions};
}

BOOST_AUTO_TEST_CASE(pieces_make_up_the_gradient_of_active_weights_to_the_bit) {
  const SparsePattern first = every({200, 500}, 2), second = every({7, 200}, 3);
  const auto x = random_matrix<float>(37, 500, 1), w = random_matrix<float>(1, first.size(), 2),
             b = random_matrix<float>(1, 200, 3), v = random_matrix<float>(1, second.size(), 4),
             c = random_matrix<float>(1, 7, 5);
  Tape<float> tape;
  const Var<float> leaves[] = {tape.leaf(w), tape.leaf(b), tape.leaf(v), tape.leaf(c)};
  const Var<float> loss = sparse_loss<float>(tape, first, second, x, leaves);
  std::vector<Collected<float>> collected;
  collected.reserve(4);  // sinks refer to them
  std::vector<PieceSink<float>> sinks;
  for (const Var<float>& leaf : leaves) {
    sinks.push_back(collected.emplace_back(leaf.shape()).sink(leaf));
  }
  for (const std::size_t threads : {1, 8}) {
    set_thread_count(threads);
    for (auto& each : collected) std::ranges::fill(each.d.values(), kUnseen<float>);
    gradient_in_pieces(loss, sinks);
    set_thread_count(0);
    for (std::size_t i = 0; i < 4; ++i) {
      BOOST_TEST((collected[i].d == gradient(loss, leaves[i])));
    }
  }
}

BOOST_AUTO_TEST_CASE(descent_on_active_weights_is_that_of_masked_ones_to_the_bit) {
  const SparsePattern places[] = {every({30, 50}, 4), every({7, 30}, 3)},
                      all[] = {SparsePattern::full({30, 50}), SparsePattern::full({7, 30})};
  const auto x = random_matrix<float>(37, 50, 1);
  std::vector<Matrix<float>> active = {
      random_matrix<float>(1, places[0].size(), 2), random_matrix<float>(1, 30, 3),
      random_matrix<float>(1, places[1].size(), 4), random_matrix<float>(1, 7, 5)};
  std::vector<Matrix<float>> masked = active;
  const auto spread = [&](std::size_t l) {
    const Matrix<float> dense = to_dense<float>(places[l], active[2 * l].values());
    masked[2 * l] = Matrix<float>(MatrixView<const float>(dense.data(), 1, dense.size()));
  };
  spread(0);
  spread(1);
  Tape<float> tape;
  const auto step = [&](std::vector<Matrix<float>>& w, const SparsePattern* patterns) {
    tape.clear();
    std::vector<Var<float>> leaves;
    for (const Matrix<float>& each : w) leaves.push_back(tape.leaf(each));
    const Var<float> loss = sparse_loss<float>(tape, patterns[0], patterns[1], x, leaves);
    std::vector<Matrix<float>> d;
    for (const Var<float>& leaf : leaves) d.push_back(gradient(loss, leaf));
    for (std::size_t i = 0; i < w.size(); ++i) {
      for (std::size_t k = 0; k < w[i].size(); ++k) w[i].values()[k] -= 0.5F * d[i].values()[k];
    }
    return loss.item();
  };
  for (int count = 0; count < 100; ++count) {
    BOOST_TEST(step(active, places) == step(masked, all));
    for (std::size_t l = 0; l < 2; ++l) {  // the mask, after the step
      const Matrix<float> dense(
          MatrixView<const float>(masked[2 * l].data(), places[l].rows(), places[l].cols()));
      BOOST_TEST(
          (values_at<float>(places[l], dense) ==
           std::vector<float>(active[2 * l].values().begin(), active[2 * l].values().end())));
      spread(l);
    }
    BOOST_TEST((active[1] == masked[1]));
    BOOST_TEST((active[3] == masked[3]));
  }
}

BOOST_AUTO_TEST_CASE(tiles_out_of_their_domain_are_refused) {
  const Matrix<double> x(12, 2), tiles(2, 16), values(1, 0);
  const SparsePattern empty({2, 0}, {});
  Tape<double> tape;
  const auto at_x = tape.leaf(x), at_tiles = tape.leaf(tiles), at_values = tape.leaf(values);
  const auto refuses = [](const auto& call, const std::string& text) {
    BOOST_CHECK_EXCEPTION(call(), ArgumentError, says(text));
  };
  refuses([&] { to_tiles(at_x, 15); },
          "to_tiles: the width must be a multiple of 16; got width 15");
  refuses([&] { window_tiles(at_x, {.height = 4, .width = 3}, 15); },
          "window_tiles: the width must be a multiple of 16; got width 15");
  refuses([&] { from_tiles(at_tiles, 0); }, "from_tiles: there must be an example; got n 0");
  refuses([&] { sparse_linear(at_tiles, at_values, empty); },
          "sparse_linear: the pattern must have rows and columns; got pattern 2 x 0");
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
