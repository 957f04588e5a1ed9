#define BOOST_TEST_MODULE itml
#include "kernels/itml.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/reference/itml.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> identity(std::size_t d) {
  std::vector<double> a(d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i) a[i * d + i] = 1;
  return a;
}

// Two sweeps over random pairs, by the kernel and by the published step on A.
void compare_with_reference(std::size_t d, double slack, std::size_t offset, std::size_t gap) {
  constexpr std::size_t kPoints = 12, kPairs = 20;
  Operand<double> x(kPoints, d, offset, gap), got(d, kernels::itml_stride(d), offset),
      scratch(1, kernels::kItmlScratch * kernels::itml_stride(d), offset);
  x.fill_random(d + offset);
  got.fill([](std::size_t i, std::size_t j) { return i == j ? 1.0 : 0.0; });
  Operand<double> lambda(1, kPairs);
  lambda.fill([](std::size_t, std::size_t) { return 0.0; });
  std::vector<std::uint32_t> first, second;
  std::vector<std::uint8_t> similar;
  for (std::size_t c = 0; c < kPairs; ++c) {
    first.push_back(static_cast<std::uint32_t>(c % kPoints));
    second.push_back(static_cast<std::uint32_t>((c * 5 + 1) % kPoints));
    similar.push_back(static_cast<std::uint8_t>(c % 3 != 0));
  }
  const kernels::ItmlBounds bounds{0.3, 4.0, slack, 1e-18};

  std::vector<double> a = identity(d), lambdas(kPairs, 0.0), xis;
  for (std::size_t c = 0; c < kPairs; ++c) xis.push_back(similar[c] ? 0.3 : 4.0);
  double change = 0;
  std::size_t skipped = 0;
  kernels::ItmlSweep total;
  for (int sweep = 0; sweep < 2; ++sweep) {
    for (std::size_t c = 0; c < kPairs; ++c) {
      std::vector<double> v(d);
      double norm = 0;
      for (std::size_t j = 0; j < d; ++j) {
        v[j] = x(first[c], j) - x(second[c], j);
        norm += v[j] * v[j];
      }
      if (norm <= bounds.zero) {
        ++skipped;
        continue;
      }
      change += std::abs(kernels::reference::itml_project(d, v.data(), similar[c] ? 1 : -1, slack,
                                                          lambdas[c], xis[c], a));
    }
    const kernels::ItmlSweep done = kernels::itml_sweep(
        d, x.data(), x.stride(), {kPairs, first.data(), second.data(), similar.data()}, bounds,
        lambda.data(), got.data(), scratch.data());
    total.change += done.change;
    total.skipped += done.skipped;
  }
  BOOST_TEST((x.intact() && got.intact() && lambda.intact() && scratch.intact()));
  BOOST_TEST(total.skipped == skipped);
  // 40 projections of error a few d * eps each; the hard bounds of random pairs conflict, so that
  // A grows to some hundreds.
  const double tolerance = 40 * 8 * static_cast<double>(d + 7) * 2.3e-16;
  double largest = 1;
  for (const double value : a) largest = std::max(largest, std::abs(value));
  double worst = 0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      worst = std::max(worst, std::abs(got(i, j) - a[i * d + j]));
      BOOST_TEST(got(i, j) == got(j, i));
    }
  }
  BOOST_TEST(worst <= tolerance * largest * largest, "A differs by " << worst << " of " << largest);
  BOOST_TEST(std::abs(total.change - change) <= tolerance * largest * (change + 1));
}

BOOST_AUTO_TEST_CASE(sweeps_agree_with_the_published_step_on_every_target_dimension_and_slack) {
  for_each_target([](const std::string& target) {
    for (const std::size_t d : {1, 2, 4, 5, 7, 8, 9, 16, 19, 33, 67}) {
      for (const double slack : {0.01, 1.0, 100.0, kInfinity}) {
        BOOST_TEST_CONTEXT("target " << target << ", d " << d << ", slack " << slack) {
          compare_with_reference(d, slack, 0, 0);
          compare_with_reference(d, slack, 3, 5);
        }
      }
    }
  });
}

// Two dimensions, padded as the kernel wants it.
struct Plane {
  double a[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  double scratch[kernels::kItmlScratch * 8];
  double lambda[2] = {0, 0};
  kernels::ItmlSweep sweep(const double* x, const kernels::ItmlPairs& pairs,
                           const kernels::ItmlBounds& bounds) {
    return kernels::itml_sweep(2, x, 2, pairs, bounds, lambda, a, scratch);
  }
};

const std::uint32_t kFirst[] = {0, 2}, kSecond[] = {1, 1};
const std::uint8_t kSimilar[] = {1, 1}, kDifferent[] = {0, 0};

BOOST_AUTO_TEST_CASE(the_worked_projection_of_the_literature_is_reproduced) {
  for_each_target([](const std::string&) {
    const double x[] = {3, 4, 0, 0};
    Plane plane;
    plane.sweep(x, {1, kFirst, kSecond, kSimilar}, {1, 4, 1, 1e-18});
    BOOST_TEST(std::abs(plane.lambda[0] - 0.48) < 1e-15);
    BOOST_TEST(std::abs(plane.a[0] - 0.6676923) < 1e-7);
    BOOST_TEST(std::abs(plane.a[1] + 0.4430769) < 1e-7);
    BOOST_TEST(std::abs(plane.a[9] - 0.4092308) < 1e-7);
  });
}

BOOST_AUTO_TEST_CASE(identical_points_are_skipped_and_counted) {
  for_each_target([](const std::string&) {
    const double x[] = {1, 2, 1, 2};
    Plane plane;
    const auto done = plane.sweep(x, {1, kFirst, kSecond, kDifferent}, {1, 4, 1, 1e-18});
    BOOST_TEST(done.done == 1u);
    BOOST_TEST(done.skipped == 1u);
    BOOST_TEST(done.change == 0.0);
    BOOST_TEST((plane.a[0] == 1 && plane.a[1] == 0 && plane.a[9] == 1));
  });
}

BOOST_AUTO_TEST_CASE(a_pair_along_which_the_metric_is_not_positive_stops_the_sweep_unharmed) {
  for_each_target([](const std::string&) {
    const double x[] = {1, 0, 0, 0, 0, 1}, unusable[] = {std::nan(""), 0, 0, 0};
    Plane plane;
    plane.a[9] = -1;
    const auto done = plane.sweep(x, {2, kFirst, kSecond, kSimilar}, {0.5, 4, 1, 0});
    BOOST_TEST(done.done == 1u);
    BOOST_TEST(plane.lambda[1] == 0.0);
    BOOST_TEST(plane.a[9] == -1.0);
    const double before = plane.a[0];
    BOOST_TEST(plane.sweep(unusable, {1, kFirst, kSecond, kSimilar}, {0.5, 4, 1, 0}).done == 0u);
    BOOST_TEST(plane.a[0] == before);
  });
}

BOOST_AUTO_TEST_CASE(the_log_determinant_is_tracked_beyond_the_range_of_the_determinant) {
  for_each_target([](const std::string&) {
    // 64 orthogonal hard projections onto 2^-20 and 2^20 leave det A = 2^-1280 and 2^1280.
    constexpr std::size_t d = 64;
    for (const bool similar : {true, false}) {
      Operand<double> x(d + 1, d), a(d, kernels::itml_stride(d)),
          scratch(1, kernels::kItmlScratch * kernels::itml_stride(d)), lambda(1, d);
      x.fill([](std::size_t i, std::size_t j) { return i == j ? 1.0 : 0.0; });
      a.fill([](std::size_t i, std::size_t j) { return i == j ? 1.0 : 0.0; });
      lambda.fill([](std::size_t, std::size_t) { return 0.0; });
      std::vector<std::uint32_t> first(d), second(d, d);
      for (std::uint32_t i = 0; i < d; ++i) first[i] = i;
      const std::vector<std::uint8_t> flags(d, similar ? 1 : 0);
      const auto done = kernels::itml_sweep(
          d, x.data(), x.stride(), {d, first.data(), second.data(), flags.data()},
          {0x1p-20, 0x1p20, kInfinity, 0}, lambda.data(), a.data(), scratch.data());
      const double expected = (similar ? -1280 : 1280) * std::log(2.0);
      // 64 growths of relative error 4 eps / 2^-20 at worst (1 - alpha p cancels to 2^-20).
      BOOST_TEST(std::abs(done.log_det - expected) <= 64 * 4 * 2.3e-16 * 0x1p20);
    }
  });
}

}  // namespace
}  // namespace surplus
