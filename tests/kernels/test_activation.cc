#define BOOST_TEST_MODULE activation
#include "kernels/activation.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/reference/activation.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using kernels::Activation;
using tests::for_each_target;
using tests::Operand;

constexpr Activation kAll[] = {Activation::kIdentity, Activation::kRelu, Activation::kTanh,
                               Activation::kSigmoid, Activation::kGelu};

template <typename T>
double value(T x) {
  return static_cast<double>(x);
}

// The header's bounds: 3 ulp are at most 3 eps times the value. Half an eps more for the reference.
template <typename T>
void compare_forward(Activation f, std::size_t n, std::size_t offset, bool with_bias) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  constexpr std::size_t m = 3;
  Operand<T> x(m, n, offset, 2), bias(1, n, offset), y(m, n, offset, 1), expected(m, n);
  x.fill_random(n + offset, -9, 9);
  bias.fill_random(n + 5, -1, 1);
  const T* b = with_bias ? bias.data() : nullptr;
  kernels::bias_activation(f, m, n, x.data(), x.stride(), b, y.data(), y.stride());
  kernels::reference::bias_activation(f, m, n, x.data(), x.stride(), b, expected.data(),
                                      expected.stride());
  BOOST_TEST(y.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double exact = value(expected(i, j)), z = value(x(i, j)) + (with_bias ? 1 : 0);
      const double bound = f == Activation::kGelu ? 8.5 * eps * (std::abs(z) + 1 + std::abs(exact))
                                                  : 3.5 * eps * std::abs(exact);
      BOOST_TEST(std::abs(value(y(i, j)) - exact) <= bound);
    }
  }
  kernels::bias_activation(f, m, n, x.data(), x.stride(), b, x.data(), x.stride());
  BOOST_TEST(x.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) BOOST_TEST(x(i, j) == y(i, j));
  }
}

template <typename T>
void compare_backward(Activation f, std::size_t n, std::size_t offset, bool with_bias) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  constexpr std::size_t m = 4;
  Operand<T> stash(m, n, offset, 2), bias(1, n, offset), d_y(m, n, offset, 3);
  Operand<T> d_x(m, n, offset, 1), expected(m, n), d_bias(1, n, offset), expected_bias(1, n);
  // y of tanh, sigmoid and relu, or z of gelu.
  f == Activation::kGelu ? stash.fill_random(n, -9, 9) : stash.fill_random(n, -1, 1);
  bias.fill_random(n + 5, -1, 1);
  d_y.fill_random(n + 6, -2, 2);
  d_bias.fill_random(n + 7);
  expected_bias.fill([&](std::size_t i, std::size_t j) { return d_bias(i, j); });
  const T* b = with_bias ? bias.data() : nullptr;
  kernels::activation_backward(f, m, n, stash.data(), stash.stride(), b, d_y.data(), d_y.stride(),
                               d_x.data(), d_x.stride(), with_bias ? d_bias.data() : nullptr);
  kernels::reference::activation_backward(f, m, n, stash.data(), stash.stride(), b, d_y.data(),
                                          d_y.stride(), expected.data(), expected.stride(),
                                          with_bias ? expected_bias.data() : nullptr);
  BOOST_TEST(d_x.intact());
  BOOST_TEST(d_bias.intact());
  for (std::size_t j = 0; j < n; ++j) {
    double column_bound = 0, magnitude = std::abs(value(expected_bias(0, j))) + 1;
    for (std::size_t i = 0; i < m; ++i) {
      const double z = std::abs(value(stash(i, j))) + 1;
      const double bound =
          (f == Activation::kGelu ? 16.5 * (1 + z) : 8.5) * eps * std::abs(value(d_y(i, j)));
      BOOST_TEST(std::abs(value(d_x(i, j)) - value(expected(i, j))) <= bound);
      column_bound += bound;
      magnitude += std::abs(value(expected(i, j)));
    }
    BOOST_TEST(std::abs(value(d_bias(0, j)) - value(expected_bias(0, j))) <=
               column_bound + (m + 1) * eps * magnitude);
  }
  kernels::activation_backward(f, m, n, stash.data(), stash.stride(), b, d_y.data(), d_y.stride(),
                               d_y.data(), d_y.stride(), static_cast<T*>(nullptr));
  BOOST_TEST(d_y.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) BOOST_TEST(d_x(i, j) == d_y(i, j));
  }
}

template <typename T>
void compare_fourier(std::size_t n, std::size_t offset) {
  constexpr std::size_t m = 3;
  Operand<T> x(m, n, offset, 2), phase(1, n, offset), y(m, n, offset, 1), expected(m, n);
  x.fill_random(n, -60, 60);
  if (n > 1) x(1, 1) = T(1e6);
  phase.fill_random(n + 1, 0, 6.2832);
  kernels::fourier_features(m, n, x.data(), x.stride(), phase.data(), T(0.3), y.data(), y.stride());
  kernels::reference::fourier_features(m, n, x.data(), x.stride(), phase.data(), T(0.3),
                                       expected.data(), expected.stride());
  BOOST_TEST(y.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      BOOST_TEST(std::abs(value(y(i, j)) - value(expected(i, j))) <=
                 4.5 * 0.3 * std::numeric_limits<T>::epsilon());
    }
  }
}

template <typename T>
void compare_all(std::size_t n, std::size_t offset) {
  for (const Activation f : kAll) {
    BOOST_TEST_CONTEXT("activation " << static_cast<int>(f) << ", n " << n) {
      for (const bool with_bias : {false, true}) {
        compare_forward<T>(f, n, offset, with_bias);
        compare_backward<T>(f, n, offset, with_bias);
      }
    }
  }
  compare_fourier<T>(n, offset);
}

// Large and aligned enough to be written past the caches, row by row too small for that.
template <typename T>
void compare_streamed(Activation f) {
  constexpr std::size_t m = 2050 * sizeof(float) / sizeof(T), n = 4099, stride = 4112;
  const tests::AlignedBytes bytes(m * stride * sizeof(T));
  T* const y = static_cast<T*>(bytes.get());
  std::fill_n(y, m * stride, T(-7));
  Operand<T> x(m, n), bias(1, n), row(1, n);
  x.fill_random(1, -1, 1);
  bias.fill_random(2, -1, 1);
  kernels::bias_activation(f, m, n, x.data(), x.stride(), bias.data(), y, stride);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < m; ++i) {
    kernels::bias_activation(f, 1, n, x.data() + i * x.stride(), n, bias.data(), row.data(), n);
    for (std::size_t j = 0; j < stride; ++j) {
      wrong += y[i * stride + j] != (j < n ? row(0, j) : T(-7)) ? 1 : 0;
    }
  }
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(results_too_large_for_the_caches_have_the_bits_of_their_rows) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const Activation f : {Activation::kIdentity, Activation::kRelu}) {
        compare_streamed<float>(f);
        compare_streamed<double>(f);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(every_activation_agrees_with_the_reference_on_every_target_and_length) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t offset : tests::kEdgeOffsets) {
        for (const std::size_t n : tests::edge_lengths<float>()) compare_all<float>(n, offset);
        for (const std::size_t n : tests::edge_lengths<double>()) compare_all<double>(n, offset);
      }
    }
  });
}

template <typename T>
void check_limits() {
  const T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T x[] = {infinity, -infinity, nan, T(-1e30), T(1e30), T(0)};
  const T limits[][6] = {{infinity, -infinity, nan, T(-1e30), T(1e30), 0},
                         {infinity, 0, nan, 0, T(1e30), 0},
                         {1, -1, nan, -1, 1, 0},
                         {1, 0, nan, 0, 1, T(0.5)},
                         {infinity, 0, nan, 0, T(1e30), 0}};
  const T ones[] = {1, 1, 1, 1, 1, 1};
  T y[6], d_x[6];
  for (const Activation f : kAll) {
    kernels::bias_activation(f, 1, 6, x, 6, nullptr, y, 6);
    for (std::size_t j = 0; j < 6; ++j) {
      const T expected = limits[static_cast<int>(f)][j];
      BOOST_TEST((std::isnan(expected) ? std::isnan(y[j]) : y[j] == expected),
                 "activation " << static_cast<int>(f) << " of " << x[j] << ": " << y[j]);
    }
  }
  kernels::activation_backward(Activation::kGelu, 1, 6, x, 6, nullptr, ones, 6, d_x, 6, nullptr);
  const T slopes[] = {1, 0, nan, 0, 1, T(0.5)};
  for (std::size_t j = 0; j < 6; ++j) {
    BOOST_TEST((std::isnan(slopes[j]) ? std::isnan(d_x[j]) : d_x[j] == slopes[j]));
  }
  kernels::activation_backward(Activation::kRelu, 1, 6, x, 6, nullptr, ones, 6, d_x, 6, nullptr);
  const T gates[] = {1, 0, 1, 0, 1, 0};
  for (std::size_t j = 0; j < 6; ++j) BOOST_TEST(d_x[j] == gates[j]);
}

BOOST_AUTO_TEST_CASE(activations_have_their_limits_at_infinity_and_pass_nan) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      check_limits<float>();
      check_limits<double>();
    }
  });
}

BOOST_AUTO_TEST_CASE(slopes_are_the_derivatives_of_the_values) {
  // Central differences with h = 1e-4: the third derivatives stay below 3, so h^2 / 2 is their error,
  // and 2 ulp(10) / h that of the values.
  constexpr double h = 1e-4;
  for (const Activation f : kAll) {
    for (double z = -6.05; z < 6; z += 0.1) {
      const double points[] = {z - h, z + h, z};
      double y[3], d_x = 0;
      const double one = 1;
      kernels::bias_activation(f, 1, 3, points, 3, nullptr, y, 3);
      kernels::activation_backward(f, 1, 1, f == Activation::kGelu ? &z : &y[2], 1, nullptr, &one,
                                   1, &d_x, 1, nullptr);
      BOOST_TEST(std::abs((y[1] - y[0]) / (2 * h) - d_x) <= h * h / 2 + 4e-15 / h);
    }
  }
}

}  // namespace
}  // namespace surplus
