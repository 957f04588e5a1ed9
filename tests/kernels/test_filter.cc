#define BOOST_TEST_MODULE filter
#include "kernels/filter.h"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/filter.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

template <typename T>
void compare(std::size_t n, std::size_t offset, T bound) {
  tests::Operand<T> x(1, n, offset);
  x.fill_random(n + 1);
  if (n > 5) {
    x(0, 2) = std::numeric_limits<T>::quiet_NaN();
    x(0, 3) = -std::numeric_limits<T>::infinity();
    x(0, 5) = -bound;
  }
  std::vector<std::uint32_t> expected(n), found(n);
  expected.resize(kernels::reference::find_large(n, x.data(), bound, expected.data()));
  found.resize(kernels::find_large(n, x.data(), bound, found.data()));
  BOOST_TEST((found == expected));
}

BOOST_AUTO_TEST_CASE(large_elements_are_found_and_nan_is_one_of_them) {
  tests::for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t n : {0u, 1u, 7u, 16u, 33u, 200u}) {
        for (const double bound : {0.0, 0.5, 0.95, 2.0}) {
          compare<float>(n, n % 3, static_cast<float>(bound));
          compare<double>(n, n % 3, bound);
        }
      }
    }
  });
}

}  // namespace
}  // namespace surplus
