#define BOOST_TEST_MODULE tape
#include "surplus/autodiff/tape.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/batch_norm.h"
#include "surplus/autodiff/ops/checkpoint.h"
#include "surplus/autodiff/ops/dropout.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/matmul.h"
#include "surplus/autodiff/ops/rearrange.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/parallel.h"
#include "tests/support/allocations.h"
#include "tests/support/matrices.h"

namespace surplus::ad {
namespace {

using surplus::tests::allocations;
using surplus::tests::random_matrix;
using surplus::tests::says;

// A classifier of two layers with all that a training step needs.
template <typename T>
struct Classifier {
  Classifier(std::size_t n, std::size_t d, std::size_t h, std::size_t k)
      : x(random_matrix<T>(n, d, 1)),
        w1(random_matrix<T>(h, d, 2)),
        b1(random_matrix<T>(1, h, 3)),
        w2(random_matrix<T>(k, h, 4)),
        b2(random_matrix<T>(1, k, 5)),
        labels(n),
        d_w1(h, d),
        d_b1(1, h),
        d_w2(k, h),
        d_b2(1, k) {
    for (std::size_t i = 0; i < n; ++i) labels[i] = i * 7 % k;
  }
  void record(Tape<T>& tape, Activation f = Activation::kRelu) {
    const Var a = tape.leaf(w1), b = tape.leaf(b1), c = tape.leaf(w2), d = tape.leaf(b2);
    scores = linear(linear(tape.leaf(x), a, b, f), c, d);
    loss = mean(softmax_cross_entropy(scores, labels));
    sinks[0] = {a, d_w1};
    sinks[1] = {b, d_b1};
    sinks[2] = {c, d_w2};
    sinks[3] = {d, d_b2};
    for (std::size_t i = 0; i < 4; ++i) tangents[i] = {sinks[i].of, sinks[i].of.value()};
  }

  Matrix<T> x, w1, b1, w2, b2;
  std::vector<std::size_t> labels;
  Matrix<T> d_w1, d_b1, d_w2, d_b2;
  Var<T> scores, loss;
  Sink<T> sinks[4];
  Tangent<T> tangents[4];
};

BOOST_AUTO_TEST_CASE(nothing_is_allocated_from_the_second_step_on) {
  set_thread_count(1);
  Classifier<float> net(32, 20, 40, 5);
  Tape<float> tape;
  std::size_t first = 0, memory = 0;
  for (int step = 0; step < 4; ++step) {
    const std::size_t before = allocations;
    tape.clear();
    net.record(tape);
    gradient(net.loss, net.sinks);
    hvp(net.loss, net.tangents, net.sinks);
    const std::size_t made = allocations - before;
    if (step == 0) {
      first = made;
      memory = tape.capacity_bytes();
    } else {
      BOOST_TEST(made == 0u);
    }
  }
  BOOST_TEST(first > 0u);
  BOOST_TEST(tape.capacity_bytes() == memory);
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(the_memory_of_adjoints_follows_their_live_range) {
  // 40 layers of 16 KiB: all values are kept, but no more than some adjoints at a time.
  Tape<double> tape;
  const Matrix<double> start = random_matrix<double>(64, 32, 1);
  const Var x = tape.leaf(start);
  Var y = x;
  for (int layer = 0; layer < 40; ++layer) y = tanh(y);
  const Var loss = sum(y);
  const std::size_t values = tape.capacity_bytes();
  gradient(loss, x);
  BOOST_TEST(tape.capacity_bytes() <= 2 * values);  // the arena grows by doubling
  const std::size_t memory = tape.capacity_bytes();
  for (int repeat = 0; repeat < 10; ++repeat) gradient(loss, x);
  BOOST_TEST(tape.capacity_bytes() == memory);
}

BOOST_AUTO_TEST_CASE(results_do_not_depend_on_the_number_of_threads) {
  std::vector<Matrix<float>> first;
  for (const std::size_t threads : {1, 2, 5}) {
    set_thread_count(threads);
    Classifier<float> net(300, 200, 700, 10);
    Tape<float> tape;
    net.record(tape, Activation::kTanh);
    std::vector<Matrix<float>> results(1, Matrix<float>(net.loss.value()));
    gradient(net.loss, net.sinks);
    for (const Sink<float>& sink : net.sinks) results.emplace_back(MatrixView<const float>(sink.d));
    hvp(net.loss, net.tangents, net.sinks);
    for (const Sink<float>& sink : net.sinks) results.emplace_back(MatrixView<const float>(sink.d));
    if (first.empty()) first = results;
    BOOST_TEST((results == first));
  }
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(hessian_products_are_the_columns_of_the_dense_hessian) {
  // f(x) = x^T a x exp(b^T x) in three variables, whose Hessian is known in closed form:
  // e (2 a + (2 a x) b^T + b (2 a x)^T + (x^T a x) b b^T) for a symmetric a.
  const Matrix<double> a{{2, 0.5, -1}, {0.5, 1, 0.25}, {-1, 0.25, 3}}, b{{0.3}, {-0.2}, {0.1}};
  const Matrix<double> at{{0.7}, {-1.1}, {0.4}};
  Tape<double> tape;
  const Var x = tape.leaf(at), ax = matmul(tape.leaf(a), x);
  const Var loss = mul(matmul(x, ax, {.a = true}), exp(matmul(tape.leaf(b), x, {.a = true})));
  const double quadratic = matmul(x, ax, {.a = true}).item(), e = loss.item() / quadratic;
  for (std::size_t j = 0; j < 3; ++j) {
    Matrix<double> unit(3, 1), column(3, 1);
    unit(j, 0) = 1;
    const Tangent<double> tangents[] = {{x, unit}};
    const Sink<double> sinks[] = {{x, column}};
    hvp(loss, tangents, sinks);
    for (std::size_t i = 0; i < 3; ++i) {
      const double expected = e * (2 * a(i, j) + 2 * ax.value()(i, 0) * b(j, 0) +
                                   2 * b(i, 0) * ax.value()(j, 0) + quadratic * b(i, 0) * b(j, 0));
      BOOST_TEST(std::abs(column(i, 0) - expected) <= 1e-13 * (1 + std::abs(expected)));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_derivative_of_a_value_with_respect_to_itself_or_a_stranger) {
  const Matrix<double> value{{3}}, stranger{{1, 2}};
  Tape<double> tape;
  const Var x = tape.leaf(value), other = tape.leaf(stranger);
  BOOST_TEST((gradient(x, x) == Matrix<double>{{1}}));
  BOOST_TEST((gradient(x, other) == Matrix<double>{{0, 0}}));
  const Var y = square(x), later = exp(y);
  BOOST_TEST((gradient(y, y) == Matrix<double>{{1}}));
  BOOST_TEST((gradient(y, later) == Matrix<double>{{0}}));
  BOOST_TEST(gradient(later, y)(0, 0) == later.item());
  Matrix<double> d(1, 1, 7.0);
  const Matrix<double> t{{1}};
  const Tangent<double> tangents[] = {{x, t}};
  const Sink<double> sinks[] = {{x, d}};
  hvp(x, tangents, sinks);
  BOOST_TEST(d(0, 0) == 0.0);
  hvp(y, tangents, sinks);
  BOOST_TEST(d(0, 0) == 2.0);
  jvp(other, tangents, Matrix<double>(1, 2).view());
}

BOOST_AUTO_TEST_CASE(a_deep_graph_with_shared_parts_is_swept_once) {
  // 2^60 paths lead from x to the loss.
  const Matrix<double> value{{1}};
  Tape<double> tape;
  const Var x = tape.leaf(value);
  Var y = x;
  for (int i = 0; i < 60; ++i) y = add(y, y);
  BOOST_TEST(gradient(y, x)(0, 0) == 0x1p60);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_costs_no_memory_for_inner_values_and_gives_the_same_bits) {
  const Matrix<double> start = random_matrix<double>(64, 64, 1),
                       w = random_matrix<double>(64, 64, 2);
  const Matrix<double> t = random_matrix<double>(64, 64, 3);
  const auto ten_layers = [](Tape<double>&, std::span<const Var<double>> x) {
    Var y = x[0];
    for (int i = 0; i < 10; ++i) y = tanh(matmul(y, x[1]));
    return y;
  };
  std::size_t memory[2];
  Matrix<double> d[2], h[2];
  for (const bool checkpointed : {false, true}) {
    Tape<double> tape;
    const Var x = tape.leaf(start), a = tape.leaf(w);
    Var y = x;
    for (int i = 0; i < 10; ++i) {
      const Var<double> operands[] = {y, a};
      y = checkpointed ? checkpoint<double>(ten_layers, operands) : ten_layers(tape, operands);
    }
    const Var loss = sum(y);
    d[checkpointed] = gradient(loss, a);
    memory[checkpointed] = tape.capacity_bytes();
    h[checkpointed] = Matrix<double>(64, 64);
    const Tangent<double> tangents[] = {{a, t}};
    const Sink<double> sinks[] = {{a, h[checkpointed]}};
    hvp(loss, tangents, sinks);
  }
  BOOST_TEST(memory[1] * 3 < memory[0]);  // 10 + 2 * 10 values and some adjoints, for 200
  // The sum over layers is taken in another order.
  BOOST_TEST(surplus::tests::distance(d[0], d[1]) <= 1e-13 * surplus::tests::norm(d[0]));
  BOOST_TEST(surplus::tests::distance(h[0], h[1]) <= 1e-13 * surplus::tests::norm(h[0]));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_refuses_a_segment_that_returns_a_stranger) {
  const Matrix<double> value{{1}};
  Tape<double> tape;
  const Var<double> x[] = {tape.leaf(value)};
  BOOST_CHECK_EXCEPTION(
      checkpoint<double>([&](Tape<double>&, std::span<const Var<double>>) { return x[0]; }, x),
      ArgumentError, says("checkpoint: the segment must return a value on the tape it is given"));
}

BOOST_AUTO_TEST_CASE(per_example_jacobians_are_the_gradients_of_each_sample_alone) {
  for (const std::size_t n : {1, 5}) {
    Classifier<double> net(n, 4, n == 1 ? 1 : 5, 3);  // as many hidden units as samples
    Tape<double> tape;
    net.record(tape, Activation::kTanh);
    // w1 enters twice, and the bias by an op of its own as well.
    const Var extra = mul(linear(tape.leaf(net.x), net.sinks[0].of), net.sinks[1].of);
    const Var scores = add(net.scores, sum(extra, Over::kColumns));
    std::vector<Matrix<double>> jacobians;
    std::vector<Sink<double>> rows;
    jacobians.reserve(4);
    for (const Sink<double>& sink : net.sinks) {
      jacobians.emplace_back(n, sink.d.rows() * sink.d.cols(), 9.0);
      rows.push_back({sink.of, jacobians.back()});
    }
    for (std::size_t column = 0; column < 3; ++column) {
      per_example_jacobian(scores, column, rows);
      for (std::size_t i = 0; i < n; ++i) {
        Matrix<double> seed(n, 3);
        seed(i, column) = 1;
        vjp(scores, seed.view(), net.sinks);
        for (std::size_t s = 0; s < 4; ++s) {
          const MatrixView<double> d = net.sinks[s].d;
          for (std::size_t l = 0; l < d.rows() * d.cols(); ++l) {
            BOOST_TEST(std::abs(jacobians[s](i, l) - d.data()[l]) <= 1e-13);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(per_example_jacobians_refuse_what_mixes_samples) {
  constexpr const char* kMixes =
      "per_example_jacobian: ops on the way must keep the samples apart; got op ";
  Matrix<double> rows(2, 4), wide(2, 3);
  const Matrix<double> values = random_matrix<double>(2, 2, 1);
  Tape<double> tape;
  const Var x = tape.leaf(values), w = tape.leaf(values), y = linear(x, w);
  const Sink<double> sinks[] = {{w, rows}}, of_x[] = {{x, rows}}, narrow[] = {{w, wide}},
                     of_y[] = {{y, rows}};
  BOOST_CHECK_EXCEPTION(per_example_jacobian(transpose(y), 0, sinks), ArgumentError,
                        says(kMixes + std::string("transpose")));
  BOOST_CHECK_EXCEPTION(per_example_jacobian(matmul(y, y, {.a = true}), 0, sinks), ArgumentError,
                        says(kMixes + std::string("matmul")));
  BOOST_CHECK_EXCEPTION(per_example_jacobian(y, 2, sinks), ArgumentError,
                        says("per_example_jacobian: column must be below the columns of y; got "
                             "column 2, y 2 x 2"));
  BOOST_CHECK_EXCEPTION(per_example_jacobian(y, 0, of_x), ArgumentError,
                        says("per_example_jacobian: variables must be shared by the samples; got "
                             "op linear, operand 0"));
  BOOST_CHECK_EXCEPTION(per_example_jacobian(y, 0, of_y), ArgumentError,
                        says("per_example_jacobian: variables must be leaves; got index 0"));
  BOOST_CHECK_EXCEPTION(per_example_jacobian(y, 0, narrow), ShapeError,
                        says("per_example_jacobian: a view must have a row per sample and a column "
                             "per element of its variable; got index 0, view 2 x 3, samples 2, "
                             "variable 2 x 2"));
  BOOST_CHECK_EXCEPTION(per_example_jacobian(linear(x, square(w)), 0, sinks), ArgumentError,
                        says("per_example_jacobian: variables must enter the ops of samples as "
                             "they are; got op linear, operand 1"));
}

BOOST_AUTO_TEST_CASE(
    dropout_keeps_the_stated_share_and_scales_it_and_masks_are_fresh_and_repeatable) {
  const Matrix<double> ones(200, 300, 1.0);
  const Matrix<float> same(200, 300, 1.0F);
  Tape<double> tape;
  Tape<float> single;
  Rng rng(3), again(3), of_float(3);
  const Var<double> first = dropout(tape.leaf(ones), 0.25, rng);
  const Var<double> second = dropout(tape.leaf(ones), 0.25, rng);
  const Var<double> repeated = dropout(tape.leaf(ones), 0.25, again);
  const Var<float> as_float = dropout(single.leaf(same), 0.25, of_float);
  std::size_t kept = 0, both = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    for (std::size_t j = 0; j < 300; ++j) {
      const double value = first.value()(i, j);
      BOOST_TEST_REQUIRE((value == 0 || std::abs(value - 4.0 / 3) < 1e-15));
      BOOST_TEST_REQUIRE(value == repeated.value()(i, j));
      BOOST_TEST_REQUIRE((value == 0) == (as_float.value()(i, j) == 0));
      kept += value != 0;
      both += value != 0 && second.value()(i, j) != 0;
    }
  }
  // Within 5 standard deviations of a binomial count.
  BOOST_TEST(std::abs(static_cast<double>(kept) - 0.75 * 60000) < 5 * std::sqrt(60000 * 0.1875));
  BOOST_TEST(std::abs(static_cast<double>(both) - 0.5625 * 60000) <
             5 * std::sqrt(60000 * 0.5625 * 0.4375));
  BOOST_TEST((Matrix<double>(dropout(tape.leaf(ones), 0, rng).value()) == ones));
  for (const double rate : {-0.5, 1.0, std::nan("")}) {
    BOOST_CHECK_EXCEPTION(
        dropout(tape.leaf(ones), rate, rng), ArgumentError,
        says("dropout: rate must be at least 0 and below 1; got rate " + to_text(rate)));
  }
}

BOOST_AUTO_TEST_CASE(batch_norm_reports_the_moments_it_used) {
  const Matrix<double> x{{1, 5}, {2, 5}, {6, 5}}, gain{{1, 1}}, shift{{0, 0.5}};
  Matrix<double> mean(1, 2), variance(1, 2);
  Tape<double> tape;
  const Var a = tape.leaf(x), g = tape.leaf(gain), s = tape.leaf(shift);
  const Var y = batch_norm(a, g, s, 1e-5, {mean, variance});
  BOOST_TEST(mean(0, 0) == 3.0);
  BOOST_TEST(std::abs(variance(0, 0) - 14.0 / 3) < 1e-15);
  BOOST_TEST(variance(0, 1) == 0.0);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(y.value()(i, 1) == 0.5);  // a constant column
  const Var fixed = fixed_batch_norm(a, g, s, {mean, variance}, 1e-5);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      BOOST_TEST(std::abs(fixed.value()(i, j) - y.value()(i, j)) < 1e-15);
    }
  }
  BOOST_CHECK_EXCEPTION(batch_norm(a, g, s, -1), ArgumentError,
                        says("batch_norm: epsilon must be at least 0; got epsilon -1"));
  Matrix<double> column(2, 1);
  BOOST_CHECK_EXCEPTION(batch_norm(a, g, s, 0, {mean, column}), ShapeError,
                        says("batch_norm: moments must be one row with a column per column of x; "
                             "got moments 2 x 1, x 3 x 2"));
  BOOST_CHECK_EXCEPTION(
      fixed_batch_norm(a, g, s, {mean, column}, 0), ShapeError,
      says("fixed_batch_norm: moments must be one row with a column per column of x; got mean 1 x "
           "2, variance 2 x 1, x 3 x 2"));
}

BOOST_AUTO_TEST_CASE(extreme_arguments_neither_overflow_nor_lose_their_digits) {
  const Matrix<double> x{{-800, -40, 0, 40, 800}};
  Tape<double> tape;
  const Var soft = softplus(tape.leaf(x));
  BOOST_TEST(soft.value()(0, 0) == 0.0);
  BOOST_TEST(std::abs(soft.value()(0, 1) / std::exp(-40.0) - 1) < 1e-15);
  BOOST_TEST(soft.value()(0, 4) == 800.0);
  const Var scores = tape.leaf(x), losses = log_sum_exp(scores);
  BOOST_TEST(losses.item() == 800.0);
  BOOST_TEST((gradient(losses, scores) == Matrix<double>{{0, 0, 0, std::exp(-760.0), 1}}));
  BOOST_TEST(max(tape.leaf(Matrix<double>{{1, std::nan(""), 3}})).item() !=
             max(tape.leaf(Matrix<double>{{1, std::nan(""), 3}})).item());
}

BOOST_AUTO_TEST_CASE(bad_input_gets_one_clear_error) {
  const Matrix<double> value{{1, 2}};
  Matrix<double> d(2, 1);
  Tape<double> tape, other;
  const Var x = tape.leaf(value), loss = sum(x), foreign = other.leaf(value);
  BOOST_CHECK_EXCEPTION(x.item(), ShapeError,
                        says("Var::item: the value must be 1 x 1; got shape 1 x 2"));
  BOOST_CHECK_EXCEPTION(Var<double>().value(), ArgumentError,
                        says("Var::value: the value must be on a tape and not cleared away"));
  BOOST_CHECK_EXCEPTION(gradient(x, x), ShapeError,
                        says("gradient: the loss must be 1 x 1; got loss 1 x 2"));
  const Tangent<double> t_x[] = {{x, value}};
  const Sink<double> d_x[] = {{x, d}};
  BOOST_CHECK_EXCEPTION(hvp(x, t_x, d_x), ShapeError,
                        says("hvp: the loss must be 1 x 1; got loss 1 x 2"));
  BOOST_CHECK_EXCEPTION(gradient(loss, d_x), ShapeError,
                        says("gradient: a view must have the shape of its variable; got index 0, "
                             "view 2 x 1, variable 1 x 2"));
  Matrix<double> row(1, 2);
  const Sink<double> twice[] = {{x, row}, {x, row}};
  BOOST_CHECK_EXCEPTION(gradient(loss, twice), ArgumentError,
                        says("gradient: variables must be distinct; got index 1"));
  const Sink<double> of_other[] = {{foreign, row}};
  BOOST_CHECK_EXCEPTION(
      gradient(loss, of_other), ArgumentError,
      says("gradient: variables must be on the tape and not cleared away; got index 0"));
  const Matrix<double> one{{1}};
  const Tangent<double> of_sum[] = {{loss, one}};
  BOOST_CHECK_EXCEPTION(jvp(loss, of_sum, Matrix<double>(1, 1).view()), ArgumentError,
                        says("jvp: tangents must be of leaves; got index 0"));
  BOOST_CHECK_EXCEPTION(jvp(loss, t_x, row.view()), ShapeError,
                        says("jvp: the view must have the shape of y; got view 1 x 2, y 1 x 1"));
  BOOST_CHECK_EXCEPTION(vjp(loss, value.view(), d_x), ShapeError,
                        says("vjp: the view must have the shape of y; got view 1 x 2, y 1 x 1"));
  const std::size_t none[] = {0, 0}, high[] = {2};
  BOOST_CHECK_EXCEPTION(
      softmax_cross_entropy(x, std::span<const std::size_t>(none)), ShapeError,
      says("softmax_cross_entropy: there must be one label per row; got labels 2, rows 1"));
  BOOST_CHECK_EXCEPTION(softmax_cross_entropy(x, std::span<const std::size_t>(high)), ArgumentError,
                        says("softmax_cross_entropy: labels must be below the columns of x; got "
                             "index 0, label 2, columns 2"));
  BOOST_CHECK_EXCEPTION(
      reshape(x, 2, 3), ShapeError,
      says("reshape: x must have the elements of the result; got x 1 x 2, result 2 x 3"));
  BOOST_CHECK_EXCEPTION(
      gather_rows(x, std::span<const std::size_t>(high)), ArgumentError,
      says("gather_rows: indices must be below the rows of x; got place 0, index 2, rows 1"));
  BOOST_CHECK_EXCEPTION(concat_rows(std::span<const Var<double>>()), ArgumentError,
                        says("concat_rows: there must be an operand"));
  tape.clear();
  BOOST_CHECK_EXCEPTION(loss.value(), ArgumentError,
                        says("Var::value: the value must be on a tape and not cleared away"));
  BOOST_CHECK_EXCEPTION(
      gradient(loss, d_x), ArgumentError,
      says("gradient: operands must be on one tape and not cleared away; got operand 0"));
}

}  // namespace
}  // namespace surplus::ad
