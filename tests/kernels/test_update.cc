#define BOOST_TEST_MODULE update
#include "kernels/update.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/update.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

// The same random parameters, gradients and two states for the kernel and for the reference.
template <typename T>
struct Training {
  Training(std::size_t n, std::size_t offset)
      : w(1, n, offset), d_w(1, n, offset), first(1, n, offset), second(1, n, offset) {
    w.fill_random(n + offset, -2, 2);
    d_w.fill_random(n + offset + 1, -2, 2);
    first.fill_random(n + offset + 2, -2, 2);
    second.fill_random(n + offset + 3, 0.5, 2);
  }
  Operand<T> w, d_w, first, second;
};

// All terms of the rules stay below 16 in magnitude for the numbers of Training, and five of them
// at most are summed.
template <typename T>
void same(const Operand<T>& a, const Operand<T>& b) {
  BOOST_TEST(a.intact());
  for (std::size_t i = 0; i < a.cols(); ++i) {
    BOOST_TEST(std::abs(static_cast<double>(a(0, i)) - static_cast<double>(b(0, i))) <=
               4 * 16 * std::numeric_limits<T>::epsilon());
  }
}

template <typename T, typename Rule, typename Reference>
void compare(std::size_t n, std::size_t offset, const Rule& rule, const Reference& reference) {
  Training<T> a(n, offset), b(n, offset);
  rule(a);
  reference(b);
  same(a.w, b.w);
  same(a.first, b.first);
  same(a.second, b.second);
}

template <typename T>
constexpr kernels::AdamStep<T> kStep = {T(0.02), T(0.9), T(0.99), T(1e-4),
                                        T(1.25), T(0.1), T(0.95)};

template <typename T>
void compare_rules(std::size_t n, std::size_t offset) {
  constexpr T kRate = T(0.3), kMomentum = T(0.9), kShare = T(0.4), kDecay = T(0.2);
  compare<T>(
      n, offset,
      [&](Training<T>& t) { kernels::sgd_update(n, kRate, kDecay, t.d_w.data(), t.w.data()); },
      [&](Training<T>& t) {
        kernels::reference::sgd_update(n, kRate, kDecay, t.d_w.data(), t.w.data());
      });
  compare<T>(
      n, offset,
      [&](Training<T>& t) {
        kernels::momentum_update(n, kRate, kMomentum, kDecay, t.d_w.data(), t.first.data(),
                                 t.w.data());
      },
      [&](Training<T>& t) {
        kernels::reference::momentum_update(n, kRate, kMomentum, kDecay, t.d_w.data(),
                                            t.first.data(), t.w.data());
      });
  compare<T>(
      n, offset,
      [&](Training<T>& t) {
        kernels::nesterov_update(n, kRate, kMomentum, kDecay, t.d_w.data(), t.first.data(),
                                 t.w.data());
      },
      [&](Training<T>& t) {
        kernels::reference::nesterov_update(n, kRate, kMomentum, kDecay, t.d_w.data(),
                                            t.first.data(), t.w.data());
      });
  compare<T>(
      n, offset,
      [&](Training<T>& t) {
        kernels::mass_update(n, kRate, kMomentum, kShare, kDecay, t.d_w.data(), t.first.data(),
                             t.w.data());
      },
      [&](Training<T>& t) {
        kernels::reference::mass_update(n, kRate, kMomentum, kShare, kDecay, t.d_w.data(),
                                        t.first.data(), t.w.data());
      });
  compare<T>(
      n, offset,
      [&](Training<T>& t) {
        kernels::adam_update(n, kStep<T>, t.d_w.data(), t.first.data(), t.second.data(),
                             t.w.data());
      },
      [&](Training<T>& t) {
        kernels::reference::adam_update(n, kStep<T>, t.d_w.data(), t.first.data(), t.second.data(),
                                        t.w.data());
      });
}

BOOST_AUTO_TEST_CASE(every_rule_agrees_with_the_reference_on_every_target_length_and_offset) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t offset : tests::kEdgeOffsets) {
        for (const std::size_t n : tests::edge_lengths<float>()) compare_rules<float>(n, offset);
        for (const std::size_t n : tests::edge_lengths<double>()) compare_rules<double>(n, offset);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(mass_with_the_whole_gradient_is_nesterov_to_the_bit) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      Training<float> a(40, 0), b(40, 0);
      kernels::mass_update(40, 0.3f, 0.9f, 1.0f, 0.2f, a.d_w.data(), a.first.data(), a.w.data());
      kernels::nesterov_update(40, 0.3f, 0.9f, 0.2f, b.d_w.data(), b.first.data(), b.w.data());
      for (std::size_t i = 0; i < 40; ++i) {
        BOOST_TEST(a.w(0, i) == b.w(0, i));
        BOOST_TEST(a.first(0, i) == b.first(0, i));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(a_nan_in_the_gradient_reaches_its_own_parameter_alone) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      Training<float> t(40, 0);
      t.d_w(0, 37) = std::numeric_limits<float>::quiet_NaN();
      kernels::adam_update(40, kStep<float>, t.d_w.data(), t.first.data(), t.second.data(),
                           t.w.data());
      for (std::size_t i = 0; i < 40; ++i) BOOST_TEST(std::isnan(t.w(0, i)) == (i == 37));
    }
  });
}

BOOST_AUTO_TEST_CASE(the_first_step_of_adam_moves_each_parameter_by_the_rate_against_its_gradient) {
  // With t = 1 the corrections give m = g and v = g^2.
  const double rate = 0.01, beta1 = 0.9, beta2 = 0.999;
  const kernels::AdamStep<double> step = {rate / (1 - beta1),       beta1, beta2, 1e-12,
                                          1 / std::sqrt(1 - beta2), 0,     1};
  std::vector<double> w = {1, 1, 1, 1}, mean(4), mean_square(4);
  const double d_w[] = {1e-3, -5, 7e4, 0};
  kernels::adam_update(4, step, d_w, mean.data(), mean_square.data(), w.data());
  const double expected[] = {1 - rate, 1 + rate, 1 - rate, 1};
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(std::abs(w[i] - expected[i]) < 1e-10);
}

}  // namespace
}  // namespace surplus
