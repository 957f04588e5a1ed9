#define BOOST_TEST_MODULE batch_norm
#include "kernels/batch_norm.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/batch_norm.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

double wide(float x) { return static_cast<double>(x); }
double wide(double x) { return x; }

// m x n numbers and the columns of a normalization that leaves none of them within 0.01 of the kink.
template <typename T>
struct Case {
  Case(std::size_t m, std::size_t n, std::size_t gap, bool relu)
      : x(m, n, gap, gap),
        d_y(m, n, gap, 2 * gap),
        mean(1, n),
        scale(1, n),
        shift(1, n),
        offset(1, n),
        slope(1, n) {
    x.fill_random(1, -2, 3), d_y.fill_random(2);
    std::uint64_t seed = 3;
    for (Operand<T>* row : {&mean, &scale, &shift, &offset, &slope}) row->fill_random(seed++);
    columns = {mean.data(), scale.data(), shift.data(), relu};
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        while (std::abs(kernels::reference::standardized(columns, x(i, j), j)) < 0.01) {
          x(i, j) += T(0.5);
          if (std::abs(scale(0, j)) < T(0.05)) shift(0, j) = T(0.5);
        }
      }
    }
  }
  Operand<T> x, d_y, mean, scale, shift, offset, slope;
  kernels::BatchNormColumns<T> columns{};
};

// Numbers below 3, scales below 1: no term is above 6.
template <typename T>
void compare(std::size_t m, std::size_t n, std::size_t gap, bool relu) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  constexpr double deps = std::numeric_limits<double>::epsilon();
  const auto rows = static_cast<double>(m);
  Case<T> c(m, n, gap, relu);
  const auto require = [&](double error, double bound, const char* what) {
    if (!(error <= bound)) BOOST_ERROR(what << ", m " << m << ", n " << n << ": off by " << error);
  };
  Operand<double> sums(1, n), products(1, n), expected_sums(1, n), expected_products(1, n);
  if (m > 0) {
    kernels::column_moments(m, n, c.x.data(), c.x.stride(), sums.data(), products.data());
    kernels::reference::column_moments(m, n, c.x.data(), c.x.stride(), expected_sums.data(),
                                       expected_products.data());
    BOOST_TEST((sums.intact() && products.intact()));
    for (std::size_t j = 0; j < n; ++j) {
      require(std::abs(sums(0, j) - expected_sums(0, j)), 6 * rows * deps, "mean");
      require(std::abs(products(0, j) - expected_products(0, j)), 40 * (rows + 2) * rows * deps,
              "squares");
    }
  }
  kernels::batch_norm_sums(m, n, c.x.data(), c.x.stride(), c.columns, c.d_y.data(), c.d_y.stride(),
                           sums.data(), products.data());
  kernels::reference::batch_norm_sums(m, n, c.x.data(), c.x.stride(), c.columns, c.d_y.data(),
                                      c.d_y.stride(), expected_sums.data(),
                                      expected_products.data());
  BOOST_TEST((sums.intact() && products.intact()));
  for (std::size_t j = 0; j < n; ++j) {
    const double bound = 5 * rows * (eps + (rows + 2) * deps);
    require(std::abs(sums(0, j) - expected_sums(0, j)), bound, "sums");
    require(std::abs(products(0, j) - expected_products(0, j)), bound, "products");
  }
  Operand<T> y(m, n, gap, gap);
  Operand<double> expected(m, n);
  kernels::batch_norm(m, n, c.x.data(), c.x.stride(), c.columns, y.data(), y.stride());
  kernels::reference::batch_norm(m, n, c.x.data(), c.x.stride(), c.columns, expected.data(), n);
  BOOST_TEST(y.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      require(std::abs(wide(y(i, j)) - expected(i, j)), 20 * eps, "y");
    }
  }
  for (const T beta : {T(0), T(1)}) {
    Operand<T> d_x(m, n, gap, gap);
    if (beta != 0) d_x.fill_random(8);
    expected.fill([&](auto i, auto j) { return beta == 0 ? 0.0 : wide(d_x(i, j)); });
    kernels::batch_norm_input(m, n, c.x.data(), c.x.stride(), c.columns, c.d_y.data(),
                              c.d_y.stride(), c.offset.data(), c.slope.data(), beta, d_x.data(),
                              d_x.stride());
    kernels::reference::batch_norm_input(m, n, c.x.data(), c.x.stride(), c.columns, c.d_y.data(),
                                         c.d_y.stride(), c.offset.data(), c.slope.data(),
                                         expected.data(), n);
    BOOST_TEST(d_x.intact());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        require(std::abs(wide(d_x(i, j)) - expected(i, j)), 40 * eps, "d_x");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(passes_agree_with_the_reference_on_every_target_and_length) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const bool relu : {false, true}) {
        for (const std::size_t n : {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 70, 130}) {
          compare<float>(5, n, n % 4, relu);
          compare<double>(5, n, n % 4, relu);
        }
        for (const std::size_t m : {0, 1, 2, 100}) {
          compare<float>(m, 21, 1, relu);
          compare<double>(m, 21, 1, relu);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(columns_far_from_zero_keep_their_digits) {
  const std::size_t m = 1000;
  Operand<double> x(m, 9), mean(1, 9), squares(1, 9);
  x.fill([](auto i, auto) { return 1e8 + (i % 2 == 0 ? 1 : -1); });
  kernels::column_moments(m, 9, x.data(), 9, mean.data(), squares.data());
  for (std::size_t j = 0; j < 9; ++j) {
    BOOST_TEST(mean(0, j) == 1e8);
    BOOST_TEST(squares(0, j) == 1000.0);
  }
}

BOOST_AUTO_TEST_CASE(a_nan_stays_under_relu_and_in_its_column) {
  Operand<float> x(2, 20), ones(1, 20), zeros(1, 20), y(2, 20);
  x.fill_random(1, 1, 2), ones.fill([](auto, auto) { return 1.0F; });
  zeros.fill([](auto, auto) { return 0.0F; });
  x(1, 2) = x(1, 19) = std::numeric_limits<float>::quiet_NaN();
  kernels::batch_norm(2, 20, x.data(), 20, {zeros.data(), ones.data(), zeros.data(), true},
                      y.data(), 20);
  for (std::size_t j = 0; j < 20; ++j) {
    BOOST_TEST(std::isnan(y(1, j)) == (j == 2 || j == 19));
    BOOST_TEST(y(0, j) == x(0, j));
  }
}

}  // namespace
}  // namespace surplus
