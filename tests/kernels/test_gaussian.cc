#define BOOST_TEST_MODULE gaussian
#include "kernels/gaussian.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/reference/gaussian.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using kernels::GaussianModel;
using tests::for_each_target;
using tests::Operand;
using Covariance = GaussianModel::Covariance;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr Covariance kCovariances[] = {Covariance::kFull, Covariance::kTied, Covariance::kDiagonal,
                                       Covariance::kSpherical};

std::size_t triangle(std::size_t d) { return d * (d + 1) / 2; }

std::size_t size_of_second(Covariance covariance, std::size_t k, std::size_t d) {
  switch (covariance) {
    case Covariance::kFull:
      return k * triangle(d);
    case Covariance::kTied:
      return triangle(d);
    case Covariance::kDiagonal:
      return k * d;
    case Covariance::kSpherical:
      return k;
  }
  return 0;
}

// Element (i, j) of A[c].
double factor(const GaussianModel& model, std::size_t c, std::size_t i, std::size_t j) {
  switch (model.covariance) {
    case Covariance::kFull:
      return j > i ? 0 : model.factors[c * triangle(model.d) + triangle(i) + j];
    case Covariance::kTied:
      return j > i ? 0 : model.factors[triangle(i) + j];
    case Covariance::kDiagonal:
      return j == i ? model.factors[c * model.d + i] : 0;
    case Covariance::kSpherical:
      return j == i ? model.factors[c] : 0;
  }
  return 0;
}

// A model whose operands are surrounded by NaN; means within `spread` of the centre.
struct Mixture {
  Mixture(Covariance covariance, std::size_t k, std::size_t d, std::size_t offset = 0,
          double shift = 0, double spread = 2)
      : centre(1, d, offset),
        means(1, k * d, offset),
        factors(1, size_of_second(covariance, k, d), offset),
        log_scales(1, k, offset) {
    centre.fill_random(d, shift - 1, shift + 1);
    means.fill_random(k, -spread, spread);
    factors.fill_random(3, -0.5, 0.5);
    // Positive diagonals, of different sizes.
    const bool triangular = covariance == Covariance::kFull || covariance == Covariance::kTied;
    for (std::size_t at = 0; !triangular && at < factors.cols(); ++at) factors(0, at) += 1.0;
    for (std::size_t at = 0; triangular && at < factors.cols(); at += triangle(d)) {
      for (std::size_t i = 0; i < d; ++i) factors(0, at + triangle(i) + i) += 1.0;
    }
    log_scales.fill_random(7, -3, 0);
    model = {covariance, k, d, centre.data(), means.data(), factors.data(), log_scales.data()};
  }

  Operand<double> centre, means, factors, log_scales;
  GaussianModel model;
};

// Everything a pass can write, surrounded by canaries. Sums start at 1 to show that they are added
// to.
struct Results {
  Results(const GaussianModel& model, std::size_t n, std::size_t offset = 0, std::size_t gap = 0)
      : log_likelihood(1, 1, offset),
        mass(1, model.k, offset),
        first(model.k, model.d, offset),
        second(1, size_of_second(model.covariance, model.k, model.d), offset),
        log_density(1, n, offset),
        responsibilities(n, model.k, offset, gap),
        labels(n + 2, kCanary) {
    for (auto* sum : {&log_likelihood, &mass, &first, &second}) {
      sum->fill([](std::size_t, std::size_t) { return 1.0; });
    }
  }

  kernels::GaussianSums sums() {
    return {log_likelihood.data(), mass.data(), first.data(), second.data()};
  }
  kernels::GaussianRows rows() {
    return {log_density.data(), responsibilities.data(), responsibilities.stride(),
            labels.data() + 1};
  }
  bool intact() const {
    return log_likelihood.intact() && mass.intact() && first.intact() && second.intact() &&
           log_density.intact() && responsibilities.intact() && labels.front() == kCanary &&
           labels.back() == kCanary;
  }

  static constexpr std::size_t kCanary = 12345;
  Operand<double> log_likelihood, mass, first, second, log_density, responsibilities;
  std::vector<std::size_t> labels;
};

template <typename T>
void pass(const GaussianModel& model, const Operand<T>& x, const double* sample_weights,
          const kernels::GaussianSums& sums, const kernels::GaussianRows& rows) {
  Operand<double> scratch(1, kernels::gaussian_scratch_size(model), 1);
  kernels::gaussian_pass(model, x.rows(), x.data(), x.stride(), sample_weights, sums, rows,
                         scratch.data());
  BOOST_TEST(scratch.intact());
}

template <typename T>
void reference_pass(const GaussianModel& model, const Operand<T>& x, const double* sample_weights,
                    Results& results) {
  kernels::reference::gaussian_pass(model, x.rows(), x.data(), x.stride(), sample_weights,
                                    results.sums(), results.rows());
}

// How far a pass may be from the reference: the header's bound on l, carried through to first
// order (and doubled, which covers the higher orders) by
//   |d log_density| <= sum_c r |dl|,   |dr| <= r (|dl| + |d log_density|),
// and |d sum| <= sum of |d term| + (number of terms) * eps * sum of |term|.
template <typename T>
Results error_bounds(const GaussianModel& model, const Operand<T>& x, const double* weights,
                     const Results& exact) {
  const std::size_t k = model.k, d = model.d, n = x.rows();
  const auto terms = static_cast<double>(n + k + 16);
  Results bound(model, n);
  for (auto* sum : {&bound.log_likelihood, &bound.mass, &bound.first, &bound.second}) {
    sum->fill([&](std::size_t, std::size_t) { return terms * kEpsilon; });
  }
  std::vector<double> reach(d), dl(k);
  for (std::size_t row = 0; row < n; ++row) {
    const double log_density = exact.log_density(0, row), weight = weights ? weights[row] : 1;
    double d_log_density = 0;
    for (std::size_t c = 0; c < k; ++c) {
      const double r = exact.responsibilities(row, c);
      double q = 0, square = 0;
      for (std::size_t i = 0; i < d; ++i) {
        double z = 0, magnitude = 0;
        for (std::size_t j = 0; j < d; ++j) {
          const double a = factor(model, c, i, j), mean = model.means[c * d + j];
          const double offset = static_cast<double>(x(row, j)) - model.centre[j];
          z += a * (offset - mean);
          magnitude += std::abs(a) * (std::abs(offset) + std::abs(mean));
        }
        q += std::abs(z) * magnitude + z * z;
        square += z * z;
      }
      const double l = model.log_scales[c] - square / 2;
      dl[c] = l == -kInfinity ? 0
                              : 4 * (static_cast<double>(d) + 4) * kEpsilon * (q + std::abs(l)) +
                                    kEpsilon * std::abs(log_density);
      if (r > 0) d_log_density += r * dl[c];
    }
    d_log_density = 2 * (d_log_density + kEpsilon * (terms + std::abs(log_density)));
    bound.log_density(0, row) = d_log_density;
    bound.log_likelihood(0, 0) +=
        weight * (d_log_density + terms * kEpsilon * (1 + std::abs(log_density)));
    for (std::size_t j = 0; j < d; ++j) {
      reach[j] = std::abs(static_cast<double>(x(row, j)) - model.centre[j]);
      double mean = 0;
      for (std::size_t c = 0; c < k; ++c) mean = std::max(mean, std::abs(model.means[c * d + j]));
      reach[j] += mean;
    }
    for (std::size_t c = 0; c < k; ++c) {
      const double r = exact.responsibilities(row, c);
      const double dr = r == 0 ? 0 : 2 * r * (dl[c] + d_log_density);
      bound.responsibilities(row, c) = dr + 1e-307;  // what may be 0
      const double dg = weight * (dr + terms * kEpsilon * r);
      bound.mass(0, c) += dg;
      // |y| <= reach, |dy| <= 2 eps reach; the tied sum forms y from sum_c r mean[c] instead, for
      // which the k terms counted in `terms` are room enough.
      for (std::size_t i = 0; i < d; ++i) {
        bound.first(c, i) += dg * reach[i] * 2;
        for (std::size_t j = 0; j <= i; ++j) {
          const double term = dg * reach[i] * reach[j] * 4;
          if (model.covariance == Covariance::kFull) {
            bound.second(0, c * triangle(d) + triangle(i) + j) += term;
          } else if (model.covariance == Covariance::kTied) {
            bound.second(0, triangle(i) + j) += term;
          } else if (j == i) {
            bound.second(0, model.covariance == Covariance::kDiagonal ? c * d + i : c) += term;
          }
        }
      }
    }
  }
  return bound;
}

void check_near(const char* what, const Operand<double>& got, const Operand<double>& expected,
                const Operand<double>& bound) {
  for (std::size_t i = 0; i < got.rows(); ++i) {
    for (std::size_t j = 0; j < got.cols(); ++j) {
      // Equality lets infinities through, and keeps the report short where all is well.
      if (got(i, j) == expected(i, j) || std::abs(got(i, j) - expected(i, j)) <= bound(i, j)) {
        continue;
      }
      BOOST_ERROR(what << " (" << i << ", " << j << "): got " << got(i, j) << ", expected "
                       << expected(i, j) << ", bound " << bound(i, j));
    }
  }
}

void check_near(const Results& got, const Results& expected, const Results& bound) {
  BOOST_TEST(got.intact());
  check_near("log-likelihood", got.log_likelihood, expected.log_likelihood, bound.log_likelihood);
  check_near("mass", got.mass, expected.mass, bound.mass);
  check_near("first", got.first, expected.first, bound.first);
  check_near("second", got.second, expected.second, bound.second);
  check_near("log density", got.log_density, expected.log_density, bound.log_density);
  check_near("responsibilities", got.responsibilities, expected.responsibilities,
             bound.responsibilities);
}

template <typename T>
void compare_with_reference(const GaussianModel& model, const Operand<T>& x,
                            const double* sample_weights, std::size_t offset = 0,
                            std::size_t gap = 0) {
  Results expected(model, x.rows());
  reference_pass(model, x, sample_weights, expected);
  Results got(model, x.rows(), offset, gap);
  pass(model, x, sample_weights, got.sums(), got.rows());
  check_near(got, expected, error_bounds(model, x, sample_weights, expected));
  for (std::size_t row = 0; row < x.rows(); ++row) {
    const std::size_t label = got.labels[row + 1];
    BOOST_REQUIRE(label < model.k);
    // Where two components are equally likely up to rounding either is right.
    const double best = expected.responsibilities(row, expected.labels[row + 1]);
    if (got.labels[row + 1] != expected.labels[row + 1]) {
      BOOST_TEST(expected.responsibilities(row, label) >= best * (1 - 1e-9));
    }
  }
}

// Rows around the components: near to some, far from others.
template <typename T>
Operand<T> random_rows(const Mixture& mixture, std::size_t n, std::size_t offset = 0,
                       std::size_t gap = 0, double spread = 3) {
  Operand<T> x(n, mixture.model.d, offset, gap);
  x.fill_random(n + mixture.model.d, -spread, spread);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) x(i, j) += static_cast<T>(mixture.centre(0, j));
  }
  return x;
}

template <typename Body>
void for_each_target_and_covariance(const Body& body) {
  for_each_target([&](const std::string& target) {
    for (const Covariance covariance : kCovariances) {
      BOOST_TEST_CONTEXT("target " << target << ", covariance " << static_cast<int>(covariance)) {
        body(covariance);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(every_number_of_rows_agrees_with_the_reference) {
  for_each_target_and_covariance([](Covariance covariance) {
    std::vector<std::size_t> lengths = tests::edge_lengths<double>();
    lengths.insert(lengths.end(), {31, 32, 33, 1023, 1024, 1025, 2100});
    for (const std::size_t n : lengths) {
      for (const std::size_t d : {1, 2, 5}) {
        BOOST_TEST_CONTEXT("n " << n << ", d " << d) {
          const Mixture mixture(covariance, 3, d);
          compare_with_reference(mixture.model, random_rows<double>(mixture, n), nullptr);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(every_dimension_and_number_of_components_agrees_with_the_reference) {
  for_each_target_and_covariance([](Covariance covariance) {
    for (const std::size_t d : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17, 30, 64, 67}) {
      for (const std::size_t k : {1, 2, 3, 4, 5, 8, 40}) {
        BOOST_TEST_CONTEXT("d " << d << ", k " << k) {
          const Mixture mixture(covariance, k, d);
          compare_with_reference(mixture.model, random_rows<double>(mixture, 45), nullptr);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(offsets_strides_floats_and_sample_weights_agree_with_the_reference) {
  for_each_target_and_covariance([](Covariance covariance) {
    for (const std::size_t offset : tests::kEdgeOffsets) {
      for (const std::size_t gap : {0, 1, 5}) {
        for (const std::size_t d : {1, 2, 3, 4, 7, 8}) {
          BOOST_TEST_CONTEXT("offset " << offset << ", gap " << gap << ", d " << d) {
            const Mixture mixture(covariance, 3, d, offset);
            Operand<double> weights(1, 75, offset);
            weights.fill_random(5, 0, 2);
            weights(0, 0) = weights(0, 40) = weights(0, 74) = 0;
            const auto x = random_rows<double>(mixture, 75, offset, gap);
            const auto x_float = random_rows<float>(mixture, 75, offset, gap);
            compare_with_reference(mixture.model, x, nullptr, offset, gap);
            compare_with_reference(mixture.model, x, weights.data(), offset, gap);
            compare_with_reference(mixture.model, x_float, nullptr, offset, gap);
            compare_with_reference(mixture.model, x_float, weights.data(), offset, gap);
          }
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(data_far_from_the_origin_loses_nothing_beyond_its_own_rounding) {
  for_each_target_and_covariance([](Covariance covariance) {
    const Mixture mixture(covariance, 3, 4, 0, 1e6);
    compare_with_reference(mixture.model, random_rows<double>(mixture, 200), nullptr);
    compare_with_reference(mixture.model, random_rows<float>(mixture, 200), nullptr);
  });
}

BOOST_AUTO_TEST_CASE(components_far_from_one_another_lose_nothing_to_cancellation) {
  for_each_target_and_covariance([](Covariance covariance) {
    // Two tight clusters, up to 2e6 standard deviations apart; each row beside its own mean.
    for (const double away : {20.0, 100.0, 1e6}) {
      Mixture mixture(covariance, 2, 3);
      mixture.means.fill([&](std::size_t, std::size_t at) { return at < 3 ? -away : away; });
      mixture.centre.fill([](std::size_t, std::size_t) { return 0.0; });
      Operand<double> x(400, 3);
      x.fill_random(1);
      for (std::size_t i = 0; i < 400; ++i) {
        for (std::size_t j = 0; j < 3; ++j) x(i, j) += i % 2 == 0 ? -away : away;
      }
      Results expected(mixture.model, 400), got(mixture.model, 400);
      reference_pass(mixture.model, x, nullptr, expected);
      pass(mixture.model, x, nullptr, got.sums(), got.rows());
      // Every y is a difference of neighbours, hence exact; so only the sums themselves round: at
      // most 1200 terms below 1. The header lets diagonal moments lose the square of the distance,
      // up to 32 deviations.
      const bool diagonal =
          covariance == Covariance::kDiagonal || covariance == Covariance::kSpherical;
      const double lost = diagonal && away < 32 ? 1 + (away + 1) * (away + 1) : 1;
      for (std::size_t at = 0; at < got.second.cols(); ++at) {
        BOOST_TEST(std::abs(got.second(0, at) - expected.second(0, at)) <=
                   1200 * 400 * kEpsilon * lost);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(sums_and_rows_do_not_depend_on_what_else_is_asked_for) {
  for_each_target_and_covariance([](Covariance covariance) {
    for (const std::size_t k : {1, 2, 5}) {
      const Mixture mixture(covariance, k, 3);
      const auto x = random_rows<double>(mixture, 77);
      Results expected(mixture.model, 77);
      reference_pass(mixture.model, x, nullptr, expected);
      const Results bound = error_bounds(mixture.model, x, nullptr, expected);

      Results all(mixture.model, 77), none(mixture.model, 77), likelihood(mixture.model, 77),
          means(mixture.model, 77), rows(mixture.model, 77), labels(mixture.model, 77);
      pass(mixture.model, x, nullptr, all.sums(), all.rows());
      pass(mixture.model, x, nullptr, {}, {});
      pass(mixture.model, x, nullptr, {.log_likelihood = likelihood.log_likelihood.data()}, {});
      check_near("log-likelihood", likelihood.log_likelihood, expected.log_likelihood,
                 bound.log_likelihood);
      pass(mixture.model, x, nullptr,
           {.log_likelihood = means.log_likelihood.data(),
            .mass = means.mass.data(),
            .first = means.first.data()},
           {});
      check_near("mass", means.mass, expected.mass, bound.mass);
      check_near("first", means.first, expected.first, bound.first);
      BOOST_TEST(means.second(0, 0) == 1.0);
      pass(mixture.model, x, nullptr, {}, rows.rows());
      pass(mixture.model, x, nullptr, {}, {.labels = labels.labels.data() + 1});
      for (std::size_t i = 0; i < 77; ++i) {
        BOOST_TEST(rows.log_density(0, i) == all.log_density(0, i));
        for (std::size_t c = 0; c < k; ++c) {
          BOOST_TEST(rows.responsibilities(i, c) == all.responsibilities(i, c));
        }
      }
      BOOST_TEST(rows.labels == all.labels);
      BOOST_TEST(labels.labels == all.labels);
    }
  });
}

BOOST_AUTO_TEST_CASE(rows_do_not_depend_on_their_neighbours) {
  for_each_target_and_covariance([](Covariance covariance) {
    const Mixture mixture(covariance, 3, 5);
    const auto x = random_rows<double>(mixture, 70);
    Results together(mixture.model, 70);
    pass(mixture.model, x, nullptr, together.sums(), together.rows());
    for (const std::size_t row : {0, 7, 33, 69}) {
      Operand<double> one(1, 5);
      one.fill([&](std::size_t, std::size_t j) { return x(row, j); });
      Results alone(mixture.model, 1);
      pass(mixture.model, one, nullptr, alone.sums(), alone.rows());
      BOOST_TEST(alone.log_density(0, 0) == together.log_density(0, row));
      BOOST_TEST(alone.responsibilities(0, 1) == together.responsibilities(row, 1));
      BOOST_TEST(alone.labels[1] == together.labels[row + 1]);
    }
  });
}

BOOST_AUTO_TEST_CASE(log_densities_of_minus_a_hundred_thousand_do_not_underflow) {
  for_each_target_and_covariance([](Covariance covariance) {
    for (const std::size_t k : {1, 2, 4}) {
      const Mixture mixture(covariance, k, 3);
      Operand<double> x = random_rows<double>(mixture, 21);
      for (std::size_t i = 0; i < 21; i += 2) x(i, 2) += 1000;
      Results got(mixture.model, 21);
      pass(mixture.model, x, nullptr, got.sums(), got.rows());
      BOOST_TEST(got.log_density(0, 0) < -1e5);
      for (std::size_t i = 0; i < 21; ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < k; ++c) sum += got.responsibilities(i, c);
        BOOST_TEST(std::abs(sum - 1) <= 16 * static_cast<double>(k) * kEpsilon);
      }
      compare_with_reference(mixture.model, x, nullptr);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_dead_component_takes_no_rows) {
  for_each_target_and_covariance([](Covariance covariance) {
    for (const std::size_t k : {2, 3}) {
      for (std::size_t dead = 0; dead < k; ++dead) {
        Mixture mixture(covariance, k, 2);
        mixture.log_scales(0, dead) = -kInfinity;
        const auto x = random_rows<double>(mixture, 45);
        compare_with_reference(mixture.model, x, nullptr);
        Results got(mixture.model, 45);
        pass(mixture.model, x, nullptr, got.sums(), got.rows());
        BOOST_TEST(got.mass(0, dead) == 1.0);
        BOOST_TEST(std::isfinite(got.log_likelihood(0, 0)));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(a_row_of_density_zero_has_no_responsibilities) {
  for_each_target_and_covariance([](Covariance covariance) {
    for (const std::size_t k : {1, 2, 3}) {
      const Mixture mixture(covariance, k, 2);
      Operand<double> x = random_rows<double>(mixture, 9);
      x(4, 0) = 1e200;  // its square overflows
      Results got(mixture.model, 9);
      pass(mixture.model, x, nullptr, got.sums(), got.rows());
      BOOST_TEST(got.log_density(0, 4) == -kInfinity);
      BOOST_TEST(got.log_likelihood(0, 0) == -kInfinity);
      BOOST_TEST(got.labels[5] < k);
      double mass = 0, expected = static_cast<double>(k);
      for (std::size_t c = 0; c < k; ++c) {
        BOOST_TEST(got.responsibilities(4, c) == 0.0);
        mass += got.mass(0, c);
      }
      expected += 8;
      BOOST_TEST(std::abs(mass - expected) <= 64 * kEpsilon * expected);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_nan_reaches_its_own_row_and_every_sum) {
  for_each_target_and_covariance([](Covariance covariance) {
    for (const std::size_t k : {1, 2, 3}) {
      for (const std::size_t column : {0, 4}) {
        const Mixture mixture(covariance, k, 5);
        Operand<double> x = random_rows<double>(mixture, 40);
        x(13, column) = kNan;
        Results got(mixture.model, 40);
        pass(mixture.model, x, nullptr, got.sums(), got.rows());
        BOOST_TEST(got.intact());
        for (std::size_t i = 0; i < 40; ++i) {
          BOOST_TEST(std::isnan(got.log_density(0, i)) == (i == 13));
          BOOST_TEST(got.labels[i + 1] < k);
          for (std::size_t c = 0; c < k; ++c) {
            BOOST_TEST(std::isnan(got.responsibilities(i, c)) == (i == 13));
          }
        }
        BOOST_TEST(std::isnan(got.log_likelihood(0, 0)));
        for (std::size_t c = 0; c < k; ++c) {
          BOOST_TEST(std::isnan(got.mass(0, c)));
          BOOST_TEST(std::isnan(got.first(c, column)));
        }
        BOOST_TEST(std::isnan(got.second(0, got.second.cols() - 1)));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(equal_components_give_the_first_label) {
  for_each_target_and_covariance([](Covariance covariance) {
    Mixture mixture(covariance, 3, 2);
    mixture.means.fill([](std::size_t, std::size_t) { return 0.5; });
    mixture.factors.fill([](std::size_t, std::size_t) { return 1.0; });
    mixture.log_scales.fill([](std::size_t, std::size_t) { return -1.0; });
    const auto x = random_rows<double>(mixture, 19);
    Results got(mixture.model, 19);
    pass(mixture.model, x, nullptr, got.sums(), got.rows());
    for (std::size_t i = 0; i < 19; ++i) BOOST_TEST(got.labels[i + 1] == 0u);
  });
}

}  // namespace
}  // namespace surplus
