#define BOOST_TEST_MODULE probe
#include "kernels/probe.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "kernels/reference/probe.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

template <typename T>
void check_chains() {
  for (const std::size_t steps : {0u, 1u, 7u, 40u}) {
    T end = 0, expected = 0;
    const std::size_t flops = kernels::multiply_add_chains(steps, T(0.75), T(1.5), &end);
    kernels::reference::multiply_add_chains(steps, T(0.75), T(1.5), &expected);
    BOOST_TEST(flops % (2 * 12) == 0u);
    BOOST_TEST((flops == 0) == (steps == 0));
    // Each step adds two roundings of a value below 6 and shrinks those before it by 3/4.
    const T bound = 4 * 2 * 6 * std::numeric_limits<T>::epsilon();
    BOOST_TEST(std::abs(end - expected) <= bound);
  }
}

template <typename T>
void check_triad() {
  for (const std::size_t offset : tests::kEdgeOffsets) {
    for (const std::size_t n : tests::edge_lengths<T>()) {
      Operand<T> x(1, n, offset), y(1, n, offset), z(1, n, offset);
      Operand<T> expected(1, n);
      x.fill_random(n);
      y.fill_random(n + 1);
      kernels::triad(n, x.data(), T(-1.7), y.data(), z.data());
      kernels::reference::triad(n, x.data(), T(-1.7), y.data(), expected.data());
      BOOST_TEST(z.intact());
      for (std::size_t i = 0; i < n; ++i) {
        const T size = std::abs(x(0, i)) + T(1.7) * std::abs(y(0, i));
        BOOST_TEST(std::abs(z(0, i) - expected(0, i)) <=
                   2 * std::numeric_limits<T>::epsilon() * size);
      }
    }
  }
}

// The largest element stands at each place in turn, so one that is not read is missed.
template <typename T>
void check_read_through() {
  for (const std::size_t offset : tests::kEdgeOffsets) {
    for (const std::size_t n : tests::edge_lengths<T>()) {
      Operand<T> x(1, n, offset);
      x.fill_random(n);
      for (std::size_t i = 0; i < n; ++i) {
        const T old = x(0, i);
        x(0, i) = 2;
        T maximum = -1, expected = -1;
        kernels::read_through(n, x.data(), &maximum);
        kernels::reference::read_through(n, x.data(), &expected);
        BOOST_TEST_REQUIRE(maximum == expected);
        BOOST_TEST_REQUIRE(maximum == T(2));
        x(0, i) = old;
      }
      x.fill_random(n, -1, 0);
      T maximum = -1;
      kernels::read_through(n, x.data(), &maximum);
      BOOST_TEST(maximum == T(0));
    }
  }
}

BOOST_AUTO_TEST_CASE(chains_end_where_the_recurrence_does_and_count_their_flops) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      check_chains<float>();
      check_chains<double>();
    }
  });
}

BOOST_AUTO_TEST_CASE(the_triad_agrees_with_the_reference_on_every_target_length_and_offset) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      check_triad<float>();
      check_triad<double>();
    }
  });
}

BOOST_AUTO_TEST_CASE(reading_through_an_array_reads_every_element_and_no_other) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      check_read_through<float>();
      check_read_through<double>();
    }
  });
}

}  // namespace
}  // namespace surplus
