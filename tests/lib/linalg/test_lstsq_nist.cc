#define BOOST_TEST_MODULE lstsq_nist
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/linalg/lstsq.h"
#include "surplus/linalg/svd.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

// A regression set with its columns brought to length 1, which changes neither fit nor residual but
// takes away the part of the condition that is a matter of units.
struct Problem {
  std::string name;
  Matrix<double> a, y, coefficients;
  std::vector<double> lengths, deviations;
};

std::vector<Problem> problems() {
  std::ifstream file(SURPLUS_GOLDEN "nist.json");
  std::vector<Problem> all;
  for (const auto& set : nlohmann::json::parse(file)) {
    const std::size_t m = set["x"].size(), n = set["x"][0].size();
    Problem one{set["name"],          Matrix<double>(m, n),   Matrix<double>(m, 1),
                Matrix<double>(n, 1), std::vector<double>(n), set["deviations"]};
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < m; ++i) {
        one.a(i, j) = set["x"][i][j];
        one.lengths[j] = std::hypot(one.lengths[j], one.a(i, j));
      }
      for (std::size_t i = 0; i < m; ++i) one.a(i, j) /= one.lengths[j];
      one.coefficients(j, 0) = set["coefficients"][j].get<double>() * one.lengths[j];
    }
    for (std::size_t i = 0; i < m; ++i) one.y(i, 0) = set["y"][i];
    all.push_back(std::move(one));
  }
  return all;
}

// What a backward stable method may be off by, relatively: Higham (2002), theorem 20.1, for
// perturbations of 4 sqrt(m n) eps, and those of the data, which are rounded.
double allowed(const Problem& problem, double residual) {
  const Svd<double> s = svd(problem.a);
  const double condition = s.values.front() / s.values.back();
  const double angle = residual / (s.values.front() * norm(problem.coefficients));
  return 4 * std::sqrt(static_cast<double>(problem.a.size())) * 0x1p-52 *
         (2 * condition + condition * condition * angle);
}

BOOST_AUTO_TEST_CASE(every_set_is_reproduced_as_far_as_its_condition_allows) {
  const std::vector<Problem> all = problems();
  BOOST_TEST(all.size() == 11u);
  for (const Problem& problem : all) {
    for (const LstsqMethod method : {LstsqMethod::kSvd, LstsqMethod::kPivotedQr}) {
      BOOST_TEST_CONTEXT(problem.name << ", method " << static_cast<int>(method)) {
        const Lstsq<double> fit = lstsq(problem.a, problem.y, {.method = method});
        const double bound = allowed(problem, fit.residual);
        BOOST_TEST(fit.rank == problem.a.cols());
        const double error = distance(fit.x, problem.coefficients) / norm(problem.coefficients);
        BOOST_TEST(error <= bound);
        BOOST_TEST_MESSAGE(problem.name << ": error " << error << ", bound " << bound);
        // The certified sets are those of the digits asked for at least: six, in the worst.
        BOOST_TEST(error <= 1e-6);
      }
    }
  }
}

// With the residual's variance and (A^T A)^-1 = V diag(s^-2) V^T.
BOOST_AUTO_TEST_CASE(standard_deviations_follow_from_residual_and_singular_values) {
  for (const Problem& problem : problems()) {
    if (problem.a.rows() == problem.a.cols() || problem.deviations.front() == 0) continue;
    const Lstsq<double> fit = lstsq(problem.a, problem.y);
    const Svd<double> s = svd(problem.a);
    const double condition = s.values.front() / s.values.back();
    const double bound = 4 * std::sqrt(static_cast<double>(problem.a.size())) * 0x1p-52 *
                         (condition + norm(problem.y) / fit.residual);
    for (std::size_t j = 0; j < problem.a.cols(); ++j) {
      double variance =
          fit.residual * fit.residual / static_cast<double>(problem.a.rows() - problem.a.cols());
      double inverse = 0;
      for (std::size_t l = 0; l < s.values.size(); ++l) {
        inverse += std::pow(s.vt(l, j) / s.values[l], 2);
      }
      const double deviation = std::sqrt(variance * inverse) / problem.lengths[j];
      BOOST_TEST(
          std::abs(deviation - problem.deviations[j]) <= bound * problem.deviations[j],
          problem.name << " " << j << ": " << deviation << ", certified " << problem.deviations[j]);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_default_cutoff_drops_of_raw_monomials_is_reported) {
  for (Problem& problem : problems()) {
    if (problem.name != "Filip") continue;
    for (std::size_t i = 0; i < problem.a.rows(); ++i) {
      for (std::size_t j = 0; j < problem.a.cols(); ++j) problem.a(i, j) *= problem.lengths[j];
    }
    BOOST_TEST(lstsq(problem.a, problem.y).rank == 10u);
    BOOST_TEST(lstsq(problem.a, problem.y, {.rank_cutoff = 0.0}).rank == 11u);
  }
}

// Forming the product squares the condition; corrections win back what is left of it.
BOOST_AUTO_TEST_CASE(
    the_gram_path_reproduces_what_its_squared_condition_leaves_and_reports_the_rest) {
  for (const Problem& problem : problems()) {
    const Svd<double> s = svd(problem.a);
    const double condition = s.values.front() / s.values.back();
    BOOST_TEST_CONTEXT(problem.name << ", condition " << condition) {
      if (problem.name == "Filip") {
        // The square is beyond 1 / eps: rounding decides whether there is a factor at all.
        double correction = 1;
        try {
          correction = lstsq(problem.a, problem.y, {.method = LstsqMethod::kGram}).correction;
        } catch (const NumericalError&) {
        }
        BOOST_TEST(correction > 1e-6);
        continue;
      }
      const Lstsq<double> fit =
          lstsq(problem.a, problem.y, {.method = LstsqMethod::kGram, .corrections = 3});
      BOOST_TEST(fit.condition <= condition * (1 + 1e-6));
      BOOST_TEST(distance(fit.x, problem.coefficients) <=
                 allowed(problem, fit.residual) * norm(problem.coefficients) +
                     2 * fit.correction * norm(fit.x));
    }
  }
}

}  // namespace
}  // namespace surplus
