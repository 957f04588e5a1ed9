#define BOOST_TEST_MODULE images
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/batch_norm.h"
#include "surplus/autodiff/ops/conv2d.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/pool2d.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/sparse_conv2d.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"

namespace surplus::ad {
namespace {

using surplus::tests::random_matrix;
using surplus::tests::says;

template <typename T>
using Function = std::function<Var<T>(std::span<const Var<T>>)>;

// Value, gradients and Hessian products of sum y^2 for y = f(x, ...), all in one row.
template <typename T>
std::vector<T> all_of(const Function<T>& f, const std::vector<Matrix<T>>& x) {
  Tape<T> tape;
  std::vector<Var<T>> leaves;
  std::vector<Matrix<T>> d = x, h = x, t;
  std::vector<Sink<T>> sinks, second;
  std::vector<Tangent<T>> tangents;
  for (const Matrix<T>& value : x) {
    t.push_back(random_matrix<T>(value.rows(), value.cols(), 70 + t.size()));
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    leaves.push_back(tape.leaf(x[i]));
    sinks.push_back({leaves[i], d[i]});
    second.push_back({leaves[i], h[i]});
    tangents.push_back({leaves[i], t[i]});
  }
  const Var<T> y = f(leaves), loss = sum(square(y));
  gradient(loss, sinks);
  hvp(loss, tangents, second);
  std::vector<T> all;
  const Matrix<T> values(y.value());
  all.insert(all.end(), values.values().begin(), values.values().end());
  for (const auto* matrices : {&d, &h}) {
    for (const Matrix<T>& matrix : *matrices) {
      all.insert(all.end(), matrix.values().begin(), matrix.values().end());
    }
  }
  return all;
}

void require_near(const std::vector<double>& a, const std::vector<double>& b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  double largest = 1, off = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(b[i]));
    off = std::max(off, std::abs(a[i] - b[i]));
  }
  BOOST_TEST(off <= 1e-12 * largest);
}

BOOST_AUTO_TEST_CASE(normalizing_and_rectifying_at_once_is_doing_both) {
  // Several chunks of rows and strips of columns.
  const std::vector<Matrix<double>> x = {random_matrix<double>(700, 70, 1),
                                         random_matrix<double>(1, 70, 2),
                                         random_matrix<double>(1, 70, 3)};
  require_near(all_of<double>([](auto z) { return batch_norm_relu(z[0], z[1], z[2]); }, x),
               all_of<double>([](auto z) { return relu(batch_norm(z[0], z[1], z[2])); }, x));
}

BOOST_AUTO_TEST_CASE(adding_and_rectifying_at_once_is_doing_both) {
  const std::vector<Matrix<double>> x = {random_matrix<double>(30, 7, 1),
                                         random_matrix<double>(30, 7, 2)};
  BOOST_TEST((all_of<double>([](auto z) { return add_relu(z[0], z[1]); }, x) ==
              all_of<double>([](auto z) { return relu(add(z[0], z[1])); }, x)));
}

BOOST_AUTO_TEST_CASE(a_window_of_one_pixel_is_a_linear_layer_of_each) {
  const std::vector<Matrix<double>> x = {random_matrix<double>(2 * 5 * 4, 6, 1),
                                         random_matrix<double>(7, 6, 2)};
  const ImageWindows one{.height = 5, .width = 4, .window = 1};
  require_near(all_of<double>([&](auto z) { return conv2d(z[0], z[1], one); }, x),
               all_of<double>([](auto z) { return linear(z[0], z[1]); }, x));
}

BOOST_AUTO_TEST_CASE(a_window_as_large_as_the_image_is_a_linear_layer_of_the_image) {
  const std::vector<Matrix<double>> x = {random_matrix<double>(3 * 16, 5, 1),
                                         random_matrix<double>(7, 16 * 5, 2)};
  Tape<double> tape;
  const Var<double> y =
      conv2d(tape.leaf(x[0]), tape.leaf(x[1]), {.height = 4, .width = 4, .window = 4});
  const Var<double> rows =
      linear(tape.leaf(MatrixView<const double>(x[0].data(), 3, 80)), tape.leaf(x[1]));
  BOOST_TEST((y.shape() == Shape{3, 7}));
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 7; ++j) {
      BOOST_TEST(std::abs(y.value()(i, j) - rows.value()(i, j)) < 1e-13);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  const std::vector<Matrix<float>> x = {
      random_matrix<float>(20 * 16 * 16, 9, 1), random_matrix<float>(11, 81, 2),
      random_matrix<float>(1, 11, 3), random_matrix<float>(1, 11, 4)};
  const Function<float> network = [](auto z) {
    const ImageWindows halving{.height = 16, .width = 16, .stride = 2, .padding = 1};
    const ImageWindows pairs{.height = 8, .width = 8, .window = 2, .stride = 2};
    const auto y = batch_norm_relu(conv2d(z[0], z[1], halving), z[2], z[3]);
    return global_average_pool(add(max_pool2d(y, pairs), average_pool2d(y, pairs)), 16);
  };
  set_thread_count(1);
  const std::vector<float> once = all_of<float>(network, x);
  for (const std::size_t threads : {2, 3}) {
    set_thread_count(threads);
    BOOST_TEST((all_of<float>(network, x) == once));
  }
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(windows_out_of_their_domain_get_one_clear_error) {
  const Matrix<double> x(12, 2), w(3, 18);
  Tape<double> tape;
  const auto refuses = [&](const ImageWindows& windows, const std::string& text) {
    const Var a = tape.leaf(x);
    BOOST_CHECK_EXCEPTION(conv2d(a, tape.leaf(w), windows), ArgumentError, says("conv2d: " + text));
    BOOST_CHECK_EXCEPTION(max_pool2d(a, windows), ArgumentError, says("max_pool2d: " + text));
    BOOST_CHECK_EXCEPTION(average_pool2d(a, windows), ArgumentError,
                          says("average_pool2d: " + text));
  };
  const std::string domain = "window and stride must be at least 1 and padding below window; got ";
  refuses({.height = 4, .width = 3, .window = 0}, domain + "window 0, stride 1, padding 0");
  refuses({.height = 4, .width = 3, .stride = 0}, domain + "window 3, stride 0, padding 0");
  refuses({.height = 4, .width = 3, .padding = 3}, domain + "window 3, stride 1, padding 3");
  const std::string large = "images must be as large as a window; got ";
  refuses({.height = 4, .width = 3, .window = 4}, large + "height 4, width 3, window 4, padding 0");
  refuses({.height = 0, .width = 3}, large + "height 0, width 3, window 3, padding 0");
  BOOST_CHECK_EXCEPTION(global_average_pool(tape.leaf(x), 0), ArgumentError,
                        says("global_average_pool: there must be a pixel; got pixels 0"));
  BOOST_CHECK_EXCEPTION(channels_last(tape.leaf(x), 0), ArgumentError,
                        says("channels_last: there must be a channel; got channels 0"));
}

BOOST_AUTO_TEST_CASE(a_sparse_convolution_is_one_with_zeros_on_any_number_of_threads) {
  for (const ImageWindows& windows :
       {ImageWindows{.height = 9, .width = 7, .window = 3, .stride = 1, .padding = 1},
        ImageWindows{.height = 9, .width = 7, .window = 5, .stride = 2, .padding = 2},
        ImageWindows{.height = 9, .width = 7, .window = 1, .stride = 2, .padding = 0}}) {
    const std::size_t in = 3, out = 5, depth = windows.window * windows.window * in;
    Matrix<double> w = random_matrix<double>(out, depth, 1);
    for (std::size_t i = 0; i < w.size(); ++i) w.values()[i] *= i % 3 == 1 ? 1 : 0;
    const auto pattern = SparsePattern::of_dense<double>(w);
    const std::vector<double> values = values_at<double>(pattern, w);
    const auto x = random_matrix<double>(6 * 63, in, 2), bias = random_matrix<double>(1, out, 3);
    Tape<double> tape;
    const Var<double> at_x = tape.leaf(x), at_w = tape.leaf(w), at_bias = tape.leaf(bias),
                      at_values = tape.leaf({values.data(), 1, values.size()});
    const Var<double> dense = relu(add(conv2d(at_x, at_w, windows), at_bias));
    const Var<double> loss = sum(square(dense));
    const auto list = [](const Matrix<double>& m) {
      return std::vector<double>(m.values().begin(), m.values().end());
    };
    std::vector<Matrix<double>> one;
    for (const std::size_t threads : {1, 2}) {
      set_thread_count(threads);
      const Var<double> y =
          sparse_conv2d(at_x, at_values, pattern, windows, at_bias, Activation::kRelu);
      const Var<double> sparse_loss = sum(square(y));
      const std::vector<Matrix<double>> d = {Matrix<double>(y.value()), gradient(sparse_loss, at_x),
                                             gradient(sparse_loss, at_bias),
                                             gradient(sparse_loss, at_values)};
      set_thread_count(0);
      require_near(list(d[0]), list(Matrix<double>(dense.value())));
      require_near(list(d[1]), list(gradient(loss, at_x)));
      require_near(list(d[2]), list(gradient(loss, at_bias)));
      require_near(list(d[3]), values_at<double>(pattern, gradient(loss, at_w)));
      if (threads == 1) one = d;
      BOOST_TEST((d == one));
    }
  }
}

}  // namespace
}  // namespace surplus::ad
