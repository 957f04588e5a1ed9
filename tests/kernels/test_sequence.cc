#define BOOST_TEST_MODULE sequence
#include "kernels/sequence.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/sequence.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::edge_lengths;
using tests::for_each_target;
using tests::kEdgeOffsets;
using tests::Operand;

constexpr double kEps = std::numeric_limits<double>::epsilon();

// Eigenvalues and observations of all sizes that a study meets, zero observations among them.
struct Coordinates {
  Operand<double> lambda, z, target;
  Coordinates(std::size_t n, std::size_t offset)
      : lambda(1, n, offset), z(1, n, offset), target(1, n, offset) {
    lambda.fill([](std::size_t, std::size_t j) {
      return std::pow(static_cast<double>(j % 37 + 1), -1 - 0.7 * static_cast<double>(j % 8));
    });
    z.fill_random(n + offset, -2, 2);
    z.fill([&](std::size_t, std::size_t j) {
      const double scales[] = {1, 0.01, 1e-6, 0};
      return z(0, j) * scales[j % 4];
    });
    target.fill_random(n + offset + 1);
  }
};

BOOST_AUTO_TEST_CASE(the_closed_form_keeps_its_bound_on_every_target_length_offset_and_time) {
  for_each_target([](const std::string& target) {
    for (const std::size_t n : edge_lengths<double>()) {
      for (const std::size_t offset : kEdgeOffsets) {
        const Coordinates at(n, offset);
        for (const double t : {0.0, 1e-9, 0.01, 1.0, 30.0, 200.0, 1e4}) {
          Operand<double> theta(1, n, offset);
          kernels::two_layer_flow(n, at.lambda.data(), at.z.data(), t, theta.data());
          BOOST_TEST((theta.intact() && at.lambda.intact() && at.z.intact()));
          double worst = 0;  // in units of the bound
          for (std::size_t j = 0; j < n; ++j) {
            const long double lambda = at.lambda(0, j);
            const long double z = at.z(0, j);
            const auto exact = kernels::reference::two_layer_flow<long double>(lambda, z, t);
            const double rate = static_cast<double>(std::sqrt(lambda * lambda + 4 * z * z));
            const double bound =
                rate * t > 700 ? 32 * kEps * std::abs(at.z(0, j))
                               : (16 + 2 * rate * t) * kEps * static_cast<double>(std::abs(exact));
            const double error = static_cast<double>(std::abs(theta(0, j) - exact));
            worst = std::max(worst, error == 0 ? 0 : error / bound);
          }
          BOOST_TEST(worst <= 1, target << ", n " << n << ", t " << t << ": " << worst);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(errors_at_doubling_times_keep_their_bound_on_every_target) {
  for_each_target([](const std::string& target) {
    for (const std::size_t n : edge_lengths<double>()) {
      for (const std::size_t offset : kEdgeOffsets) {
        const Coordinates at(n, offset);
        for (const std::size_t count : {0, 1, 17, 64}) {
          Operand<double> errors(1, count);
          const double t = count == 64 ? 1e-6 : 0.37;
          kernels::two_layer_errors(n, at.lambda.data(), at.z.data(), at.target.data(), t, count,
                                    errors.data());
          BOOST_TEST(errors.intact());
          for (std::size_t i = 0; i < count; ++i) {
            const double time = std::ldexp(t, static_cast<int>(i));
            long double exact = 0;
            double size = 0;
            double longest = 0;
            for (std::size_t j = 0; j < n; ++j) {
              const auto theta = kernels::reference::two_layer_flow<long double>(at.lambda(0, j),
                                                                                 at.z(0, j), time);
              const long double miss = theta - at.target(0, j);
              const double both = static_cast<double>(std::abs(theta)) + std::abs(at.target(0, j));
              exact += miss * miss;
              size += both * both;
              longest = std::max(
                  longest, std::min(700.0, time * std::hypot(at.lambda(0, j), 2 * at.z(0, j))));
            }
            const double bound =
                (32 + 2 * static_cast<double>(count) + 2 * longest + static_cast<double>(n)) *
                kEps * size;
            const double error = std::abs(static_cast<double>(errors(0, i) - exact));
            BOOST_TEST(error <= bound, target << ", n " << n << ", time " << time << ": " << error);
          }
        }
      }
    }
  });
}

using Integrate = void (*)(std::size_t, std::size_t, const double*, double, std::size_t, double*,
                           double*, double*);

void compare_steps(Integrate kernel, Integrate reference, double roundings) {
  for (const std::size_t n : edge_lengths<double>()) {
    for (const std::size_t depth : {0, 1, 2, 3, 5}) {
      for (const std::size_t steps : {0, 1, 40}) {
        const std::size_t offset = n % 3;
        Operand<double> z(1, n, offset), a(1, n, offset), b(1, n, offset), beta(1, n, offset);
        z.fill_random(n + depth, -1, 1);
        a.fill_random(n + depth + 1, 0.1, 1);
        b.fill_random(n + depth + 2, 0.3, 1);
        beta.fill_random(n + depth + 3, -0.5, 0.5);
        std::vector<double> a2(a.data(), a.data() + n), b2(b.data(), b.data() + n),
            beta2(beta.data(), beta.data() + n);
        kernel(n, depth, z.data(), 0.1, steps, a.data(), b.data(), beta.data());
        reference(n, depth, z.data(), 0.1, steps, a2.data(), b2.data(), beta2.data());
        BOOST_TEST((z.intact() && a.intact() && b.intact() && beta.intact()));
        // Both sides round. The flow grows differences by less than e^(4 t) while it is away from
        // its limit, here for the 4 units of time of 40 steps at rates below 1.
        const double growth = steps <= 1 ? 1 : std::exp(4.0);
        const double bound = 2 * static_cast<double>(steps) *
                             (roundings + 4 * static_cast<double>(depth)) * kEps * growth;
        double worst = 0;
        for (std::size_t j = 0; j < n; ++j) {
          const double size = std::max({1.0, a2[j], b2[j], std::abs(beta2[j])});
          worst =
              std::max({worst, std::abs(a(0, j) - a2[j]) / size, std::abs(b(0, j) - b2[j]) / size,
                        std::abs(beta(0, j) - beta2[j]) / size});
        }
        BOOST_TEST(worst <= bound, "n " << n << ", depth " << depth << ": " << worst);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(runge_kutta_steps_agree_with_the_rule_on_every_target_length_and_depth) {
  for_each_target([](const std::string&) {
    compare_steps(kernels::diagonal_runge_kutta, kernels::reference::diagonal_runge_kutta, 30);
  });
}

BOOST_AUTO_TEST_CASE(descent_steps_agree_with_the_rule_on_every_target_length_and_depth) {
  for_each_target([](const std::string&) {
    compare_steps(kernels::diagonal_gradient_descent, kernels::reference::diagonal_gradient_descent,
                  30);
  });
}

BOOST_AUTO_TEST_CASE(without_further_layers_b_is_not_touched) {
  for_each_target([](const std::string&) {
    const double z[] = {1, -1};
    double a[] = {0.5, 0.5}, beta[] = {0, 0};
    kernels::diagonal_runge_kutta(2, 0, z, 0.1, 10, a, nullptr, beta);
    kernels::diagonal_gradient_descent(2, 0, z, 0.1, 10, a, nullptr, beta);
    BOOST_TEST(beta[0] > 0);
    BOOST_TEST(beta[0] == -beta[1]);
  });
}

}  // namespace
}  // namespace surplus
