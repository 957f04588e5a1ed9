#define BOOST_TEST_MODULE syrk
#include "kernels/syrk.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/reference/syrk.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

// The upper triangle stays NaN: neither read nor written.
template <typename T>
Operand<T> triangle(std::size_t n, std::size_t offset, std::size_t gap, bool filled) {
  Operand<T> c(n, n, offset, gap);
  if (!filled) return c;
  c.fill_random(5);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) c(i, j) = std::numeric_limits<T>::quiet_NaN();
  }
  return c;
}

template <typename T>
void compare(bool transposed, std::size_t n, std::size_t k, std::size_t offset, T alpha, T beta) {
  Operand<T> a(transposed ? k : n, transposed ? n : k, offset, offset);
  if (alpha != T{0}) a.fill_random(n + k);
  Operand<T> c = triangle<T>(n, offset, 2 * offset, beta != T{0}), expected = c;
  const tests::AlignedBytes scratch(kernels::syrk_scratch_size(n, k));
  kernels::syrk(transposed, n, k, alpha, a.data(), a.stride(), beta, c.data(), c.stride(),
                scratch.get());
  kernels::reference::syrk(transposed, n, k, alpha, a.data(), a.stride(), beta, expected.data(),
                           expected.stride());
  BOOST_TEST(c.intact());
  const auto depth = static_cast<double>(k);
  const double bound =
      (depth + depth / 64 + 5) * std::numeric_limits<T>::epsilon() *
      (std::abs(static_cast<double>(alpha)) * depth + std::abs(static_cast<double>(beta)));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double error =
          std::abs(static_cast<double>(c(i, j)) - static_cast<double>(expected(i, j)));
      if (j <= i ? !(error <= bound) : !std::isnan(c(i, j))) {
        BOOST_ERROR((transposed ? "transposed, n " : "plain, n ")
                    << n << ", k " << k << ", alpha " << alpha << ", beta " << beta << ": element "
                    << i << ", " << j << " is " << c(i, j) << ", not " << expected(i, j));
        return;
      }
    }
  }
}

template <typename T>
void compare_all_shapes() {
  for (const bool transposed : {false, true}) {
    // Up to 32 is one square; more is cut, 300 several times.
    for (const std::size_t n : {0, 1, 15, 16, 17, 32, 33, 63, 64, 97, 130, 300}) {
      for (const std::size_t k : {0, 1, 7, 65}) {
        compare<T>(transposed, n, k, n % 4, T(0.5), T(-2));
        compare<T>(transposed, n, k, k % 4, T(-1), T(0));
      }
    }
    compare<T>(transposed, 110, 9, 1, T(0), T(2));
    compare<T>(transposed, 110, 9, 1, T(0), T(0));
    compare<T>(transposed, 110, 9, 1, T(1), T(1));
  }
}

BOOST_AUTO_TEST_CASE(syrk_agrees_with_the_reference_on_every_target_and_shape) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      compare_all_shapes<float>();
      compare_all_shapes<double>();
    }
  });
}

BOOST_AUTO_TEST_CASE(a_nan_reaches_the_row_and_column_of_its_sample_alone) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      constexpr std::size_t n = 120, k = 5, at = 50;
      Operand<double> a(n, k), c = triangle<double>(n, 0, 0, false);
      a.fill_random(1);
      a(at, 4) = std::numeric_limits<double>::quiet_NaN();
      const tests::AlignedBytes scratch(kernels::syrk_scratch_size(n, k));
      kernels::syrk(false, n, k, 1.0, a.data(), k, 0.0, c.data(), n, scratch.get());
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          if (std::isnan(c(i, j)) != (i == at || j == at)) BOOST_ERROR(i << ", " << j);
        }
      }
    }
  });
}

}  // namespace
}  // namespace surplus
