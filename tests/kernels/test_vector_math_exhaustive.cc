#define BOOST_TEST_MODULE vector_math_exhaustive
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/vector_math.h"
#include "tests/support/kernel_cases.h"
#include "tests/support/ulp.h"

namespace surplus {
namespace {

// All 2^32 floats, against the C library in double: its own error is 2^-29 of a float's ulp.
void check_all_floats(void (*function)(std::size_t, const float*, float*), double (*exact)(double),
                      double ulps) {
  constexpr std::size_t kPiece = 1u << 16;
  std::vector<float> x(kPiece), y(kPiece);
  std::vector<double> expected(kPiece);
  double worst = 0;
  float where = 0;
  for (std::uint64_t first = 0; first < std::uint64_t{1} << 32; first += kPiece) {
    for (std::size_t i = 0; i < kPiece; ++i) {
      x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first + i));
      expected[i] = exact(static_cast<double>(x[i]));
    }
    tests::for_each_target([&](const std::string&) {
      function(kPiece, x.data(), y.data());
      for (std::size_t i = 0; i < kPiece; ++i) {
        const double error = tests::ulp_error(y[i], expected[i]);
        if (error > worst) {
          worst = error;
          where = x[i];
        }
      }
    });
  }
  BOOST_TEST_MESSAGE("at most " << worst << " ulp, at " << where);
  BOOST_TEST(worst <= ulps, worst << " ulp at " << where);
}

BOOST_AUTO_TEST_CASE(exp_keeps_its_bound_at_every_float_on_every_target) {
  check_all_floats(kernels::vector_exp, std::exp, 1);
}

BOOST_AUTO_TEST_CASE(log_keeps_its_bound_at_every_float_on_every_target) {
  check_all_floats(kernels::vector_log, std::log, 1);
}

BOOST_AUTO_TEST_CASE(tanh_keeps_its_bound_at_every_float_on_every_target) {
  check_all_floats(kernels::vector_tanh, std::tanh, 3);
}

BOOST_AUTO_TEST_CASE(sigmoid_keeps_its_bound_at_every_float_on_every_target) {
  check_all_floats(
      kernels::vector_sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, 3);
}

BOOST_AUTO_TEST_CASE(sin_and_cos_keep_their_bound_at_every_float_on_every_target) {
  check_all_floats(kernels::vector_sin, std::sin, 3);
  check_all_floats(kernels::vector_cos, std::cos, 3);
}

}  // namespace
}  // namespace surplus
