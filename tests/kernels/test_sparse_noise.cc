#define BOOST_TEST_MODULE sparse_noise_kernels
#include "kernels/sparse_noise.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/sparse_noise.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr std::size_t kRanks[] = {0, 1, 3, 5, 10, 13, 21};

void require_near(const Operand<double>& result, const Operand<double>& expected, double bound,
                  const std::string& what) {
  BOOST_TEST(result.intact(), what);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    const double error = std::abs(result(i, 0) - expected(i, 0));
    if (!(error <= bound)) {
      BOOST_ERROR(what << ": element " << i << " is off by " << error << ", not " << bound);
      return;
    }
  }
}

// Numbers of [-1, 1): |B'| |x| is at most n, and |B| |B'| |x| at most n r.
void compare_products(std::size_t r, std::size_t n, std::size_t offset, bool scaled) {
  Operand<double> b(r, n, offset, offset), x(n, 1, offset), scale(r, 1, offset), z(r, 1, offset),
      out(n, 1, offset);
  b.fill_random(1), x.fill_random(2), scale.fill_random(3);
  Operand<double> z_sums = z, sums = out;
  const double* const factors = scaled ? scale.data() : nullptr;
  kernels::row_space_product(r, n, b.data(), b.stride(), x.data(), factors, z.data(), out.data());
  kernels::reference::row_space_product(r, n, b.data(), b.stride(), x.data(), factors,
                                        z_sums.data(), sums.data());
  const auto length = static_cast<double>(n), rank = static_cast<double>(r);
  const std::string what = "product " + std::to_string(r) + " x " + std::to_string(n);
  // Twice, because the reference rounds as well.
  require_near(z, z_sums, 2 * (length + 2) * kEpsilon * length, what + ", z");
  require_near(out, sums, 2 * (length + rank + 4) * kEpsilon * length * rank, what);
}

// A step as long as keeps all numbers below 2 and the sizes of their errors together.
void compare_steps(std::size_t r, std::size_t n, std::size_t offset, std::size_t number) {
  const auto length = static_cast<double>(n), rank = static_cast<double>(r);
  const double step = 1 / (length * rank + 3);
  Operand<double> b(r, n, offset, offset), y(n, 1, offset), mu(n, 1, offset), u(n, 1, offset),
      v(n, 1, offset), s(n, 1, offset);
  const tests::AlignedBytes scratch(kernels::sparse_noise_scratch_size(r, n) * sizeof(double));
  b.fill_random(1), y.fill_random(2), mu.fill_random(3), u.fill_random(4), v.fill_random(5);
  s.fill([&](std::size_t i, std::size_t) { return u(i, 0) * u(i, 0) - v(i, 0) * v(i, 0); });
  Operand<double> mu_next = mu, u_next = u, v_next = v, s_next = s, z(r, 1), product(n, 1);
  const kernels::SparseNoiseDescent descent = {r,        n,    b.data(),    b.stride(),
                                               y.data(), step, 0.75 * step, 0.5 * step};
  kernels::sparse_noise_descent(descent, number, 1, mu.data(), u.data(), v.data(), s.data(),
                                static_cast<double*>(scratch.get()));
  kernels::reference::row_space_product(r, n, b.data(), b.stride(), mu_next.data(), nullptr,
                                        z.data(), product.data());
  kernels::reference::sparse_noise_step(n, product.data(), y.data(), step, 0.75 * step, 0.5 * step,
                                        mu_next.data(), u_next.data(), v_next.data(),
                                        s_next.data());
  const double bound = 2 * (length + rank + 16) * kEpsilon;
  const std::string what = "step " + std::to_string(r) + " x " + std::to_string(n) + ", ";
  require_near(mu, mu_next, bound, what + "mu");
  require_near(u, u_next, bound, what + "u");
  require_near(v, v_next, bound, what + "v");
  require_near(s, s_next, 4 * bound, what + "s");
}

BOOST_AUTO_TEST_CASE(products_and_steps_agree_with_the_sums_written_out_on_every_target) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t n : tests::edge_lengths<double>()) {
        for (const std::size_t r : kRanks) {
          for (const std::size_t offset : tests::kEdgeOffsets) {
            compare_products(r, n, offset, offset == 1);
            compare_steps(r, n, offset, offset);
          }
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(steps_taken_together_are_those_taken_one_by_one_to_the_bit) {
  constexpr std::size_t n = 21, r = 18;
  Operand<double> b(r, n), y(n, 1);
  const tests::AlignedBytes scratch(kernels::sparse_noise_scratch_size(r, n) * sizeof(double));
  b.fill_random(1), y.fill_random(2);
  const kernels::SparseNoiseDescent descent = {r, n, b.data(), n, y.data(), 1e-2, 0.1, 0.2};
  const auto descend = [&](std::size_t at_once) {
    std::vector<double> state(4 * n, 0.0);
    for (std::size_t i = n; i < 3 * n; ++i) state[i] = 0.3;
    for (std::size_t step = 0; step < 12; step += at_once) {
      kernels::sparse_noise_descent(descent, step, at_once, &state[0], &state[n], &state[2 * n],
                                    &state[3 * n], static_cast<double*>(scratch.get()));
    }
    return state;
  };
  BOOST_TEST((descend(12) == descend(1)));
  BOOST_TEST((descend(3) == descend(4)));
}

}  // namespace
}  // namespace surplus
