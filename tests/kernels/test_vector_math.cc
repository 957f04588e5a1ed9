#define BOOST_TEST_MODULE vector_math
#include "kernels/vector_math.h"

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/reference/vector_math.h"
#include "tests/support/kernel_cases.h"
#include "tests/support/ulp.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;
using tests::ulp_error;

template <typename T>
using Array = void (*)(std::size_t, const T*, T*);
using Exact = long double (*)(long double);

// One function: its two arrays, its value, and the bounds of its header in ulp.
struct Case {
  const char* name;
  Array<float> f32, reference_f32;
  Array<double> f64, reference_f64;
  Exact exact;
  double ulps;

  template <typename T>
  Array<T> array() const {
    if constexpr (std::is_same_v<T, float>) return f32;
    if constexpr (std::is_same_v<T, double>) return f64;
  }
  template <typename T>
  Array<T> reference() const {
    if constexpr (std::is_same_v<T, float>) return reference_f32;
    if constexpr (std::is_same_v<T, double>) return reference_f64;
  }
};

#define SURPLUS_CASE(function, exact, ulps)                                                      \
  {                                                                                              \
#function, kernels::vector_##function, kernels::reference::vector_##function < float>,       \
        kernels::vector_##function, kernels::reference::vector_##function < double>, exact, ulps \
  }

const Case kCases[] = {
    SURPLUS_CASE(exp, std::exp, 1),   SURPLUS_CASE(log, std::log, 1),
    SURPLUS_CASE(tanh, std::tanh, 3), SURPLUS_CASE(sigmoid, kernels::reference::sigmoid, 3),
    SURPLUS_CASE(sin, std::sin, 3),   SURPLUS_CASE(cos, std::cos, 3),
};

// All magnitudes: random bit patterns; then an even grid where the functions vary; then what is
// special, with its neighbours.
template <typename T>
std::vector<T> samples() {
  using Limits = std::numeric_limits<T>;
  using Bits = std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t>;
  std::vector<T> x;
  std::uint64_t state = 12345;
  for (int i = 0; i < 200000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x.push_back(std::bit_cast<T>(static_cast<Bits>(state >> (64 - 8 * sizeof(T)))));
  }
  for (int i = -400000; i <= 400000; ++i) {
    x.push_back(static_cast<T>(i) * T(0.0018731));   // +-749
    x.push_back(static_cast<T>(i) * T(0.00001234));  // +-4.9
  }
  // Multiples of pi / 2, where sine or cosine cancels, up to past the limit of the reduction.
  for (long double q = 1; q < 4e8L; q = std::ceil(q * 1.01L)) {
    const T zero = static_cast<T>(q * 1.57079632679489661923L);
    x.push_back(zero);
    x.push_back(std::nextafter(zero, T(0)));
    x.push_back(-std::nextafter(zero, Limits::max()));
  }
  for (int i = -1200; i <= 1200; ++i) x.push_back(T(1) + static_cast<T>(i) * Limits::epsilon());
  for (const T special :
       {T(0), Limits::denorm_min(), Limits::min(), T(1), std::sqrt(T(2)), std::sqrt(T(0.5)), T(2),
        std::log(Limits::max()), std::log(Limits::min()), std::log(Limits::denorm_min()),
        std::log(Limits::denorm_min()) - T(1), Limits::max(), Limits::infinity()}) {
    for (const T value :
         {special, std::nextafter(special, T(0)), std::nextafter(special, Limits::infinity())}) {
      x.push_back(value);
      x.push_back(-value);
    }
  }
  x.push_back(Limits::quiet_NaN());
  return x;
}

template <typename T>
void check_errors(const Case& function, const std::string& target) {
  const std::vector<T> x = samples<T>();
  std::vector<T> y(x.size());
  function.array<T>()(x.size(), x.data(), y.data());
  double worst = 0;
  T where = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = ulp_error(y[i], function.exact(static_cast<long double>(x[i])));
    if (error > worst) {
      worst = error;
      where = x[i];
    }
  }
  BOOST_TEST_MESSAGE(function.name << ", " << 8 * sizeof(T) << " bits, " << target << ": at most "
                                   << worst << " ulp at " << where);
  BOOST_TEST(worst <= function.ulps, function.name << ", " << 8 * sizeof(T) << " bits, " << target
                                                   << ": " << worst << " ulp at " << where);
}

BOOST_AUTO_TEST_CASE(every_function_keeps_its_bound_at_all_magnitudes_and_special_values) {
  for_each_target([](const std::string& target) {
    for (const Case& function : kCases) {
      check_errors<float>(function, target);
      check_errors<double>(function, target);
    }
  });
}

// Every other element is one that the functions treat apart: what they do then for a whole vector must
// not show in the elements between.
template <typename T>
void check_neighbours(const Case& function) {
  using Limits = std::numeric_limits<T>;
  std::vector<T> x = samples<T>();
  for (std::size_t i = 0; 9 * i < x.size(); ++i) x[i] = x[9 * i];
  x.resize(x.size() / 9);
  const T specials[] = {Limits::quiet_NaN(), -Limits::infinity(), Limits::max(),
                        -Limits::denorm_min()};
  std::vector<T> y(x.size()), mixed(2 * x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    mixed[2 * i] = x[i];
    mixed[2 * i + 1] = specials[i % 4];
  }
  function.array<T>()(x.size(), x.data(), y.data());
  function.array<T>()(mixed.size(), mixed.data(), mixed.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    wrong += y[i] == mixed[2 * i] || (std::isnan(y[i]) && std::isnan(mixed[2 * i])) ? 0 : 1;
  }
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(a_result_does_not_depend_on_its_neighbours) {
  for_each_target([](const std::string& target) {
    for (const Case& function : kCases) {
      BOOST_TEST_CONTEXT(function.name << ", target " << target) {
        check_neighbours<float>(function);
        check_neighbours<double>(function);
      }
    }
  });
}

template <typename T>
void check_range() {
  const std::vector<T> x = samples<T>();
  std::vector<T> sin(x.size()), cos(x.size());
  kernels::vector_sin(x.size(), x.data(), sin.data());
  kernels::vector_cos(x.size(), x.data(), cos.data());
  std::size_t outside = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    outside += std::abs(sin[i]) > 1 || std::abs(cos[i]) > 1 ? 1 : 0;
    if (x[i] == 0) BOOST_TEST((sin[i] == 0 && cos[i] == 1));
  }
  BOOST_TEST(outside == 0u);
}

BOOST_AUTO_TEST_CASE(sine_and_cosine_stay_within_one_and_are_exact_at_zero) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      check_range<float>();
      check_range<double>();
    }
  });
}

template <typename T>
void check_edges(const Case& function) {
  for (const std::size_t offset : tests::kEdgeOffsets) {
    for (const std::size_t n : tests::edge_lengths<T>()) {
      Operand<T> x(1, n, offset), y(1, n, offset), expected(1, n);
      x.fill_random(n + offset, 0.1, 5);
      function.array<T>()(n, x.data(), y.data());
      function.reference<T>()(n, x.data(), expected.data());
      BOOST_TEST(y.intact());
      function.array<T>()(n, x.data(), x.data());
      BOOST_TEST(x.intact());
      for (std::size_t i = 0; i < n; ++i) {
        // The reference is itself within half a unit.
        BOOST_TEST(ulp_error(y(0, i), static_cast<long double>(expected(0, i))) <=
                   function.ulps + 0.5);
        BOOST_TEST(x(0, i) == y(0, i));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_function_agrees_with_the_reference_at_every_length_and_in_place) {
  for_each_target([](const std::string& target) {
    for (const Case& function : kCases) {
      BOOST_TEST_CONTEXT(function.name << ", target " << target) {
        check_edges<float>(function);
        check_edges<double>(function);
      }
    }
  });
}

// Too large for the caches, and beginning within a vector.
BOOST_AUTO_TEST_CASE(large_arrays_have_the_bits_of_their_pieces) {
  for_each_target([](const std::string& target) {
    constexpr std::size_t n = (std::size_t{8} << 20) + 37, piece = 1 << 16;
    Operand<float> x(1, n), y(1, n, 3), part(1, piece);
    x.fill_random(1, -5, 5);
    kernels::vector_tanh(n, x.data(), y.data());
    BOOST_TEST(y.intact());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; i += piece) {
      const std::size_t count = std::min(piece, n - i);
      kernels::vector_tanh(count, x.data() + i, part.data());
      for (std::size_t j = 0; j < count; ++j) wrong += y(0, i + j) != part(0, j) ? 1 : 0;
    }
    BOOST_TEST(wrong == 0u, "target " << target);
  });
}

BOOST_AUTO_TEST_CASE(log_has_the_limits_of_the_c_library) {
  using Limits = std::numeric_limits<double>;
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      const double x[] = {0.0, -0.0, Limits::infinity(), -Limits::denorm_min(), 1.0};
      double y[5];
      kernels::vector_log(5, x, y);
      BOOST_TEST(y[0] == -Limits::infinity());
      BOOST_TEST(y[1] == -Limits::infinity());
      BOOST_TEST(y[2] == Limits::infinity());
      BOOST_TEST(std::isnan(y[3]));
      BOOST_TEST(y[4] == 0.0);
    }
  });
}

}  // namespace
}  // namespace surplus
