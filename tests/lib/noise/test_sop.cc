#define BOOST_TEST_MODULE sop
#include "surplus/noise/sop.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/matmul.h"
#include "surplus/autodiff/ops/rearrange.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/nn/mlp.h"
#include "surplus/noise/sparse_noise.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;
using Labels = std::vector<std::size_t>;

constexpr SopVariant kVariants[] = {SopVariant::kPaper, SopVariant::kRepo202202,
                                    SopVariant::kRepo202208, SopVariant::kRepoFinal};

struct Gradients {
  double loss;
  Matrix<double> z, u, v;
};

Gradients gradients(const SopConfig& config, const Matrix<double>& z, const Labels& labels,
                    const Matrix<double>& u, const Matrix<double>& v) {
  Gradients d{0, Matrix<double>(z.rows(), z.cols()), Matrix<double>(u.rows(), 1),
              Matrix<double>(v.rows(), v.cols())};
  ad::Tape<double> tape;
  const auto scores = tape.leaf(z.view());
  const auto loss = sop_loss<double>(config, scores, labels, u, v, d.u, d.v);
  d.loss = loss.item();
  d.z = ad::gradient(loss, scores);
  return d;
}

// The terms of the loss, written again from their formulas: yhat and the V of the cross-entropy are
// those of a point that does not move with z, u and v.
struct Terms {
  double entropy = 0, error = 0, balance = 0;
};
Terms terms(const SopConfig& config, double top, const Matrix<double>& z, const Labels& labels,
            const Matrix<double>& u, const Matrix<double>& v, const Labels& predicted,
            const Matrix<double>& fixed_v) {
  const std::size_t n = z.rows(), k = z.cols();
  Terms sum;
  std::vector<double> mean(k);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> b(k);
    double total = 0, all = 0;
    for (std::size_t j = 0; j < k; ++j) total += std::exp(z(i, j));
    for (std::size_t j = 0; j < k; ++j) {
      const bool label = j == labels[i];
      const double u2 = label ? std::min(u(i, 0) * u(i, 0), top) : 0;
      const double v2 = label ? 0 : std::min(v(i, j) * v(i, j), top);
      const double fixed = label ? 0 : std::min(fixed_v(i, j) * fixed_v(i, j), top);
      b[j] = std::max(std::exp(z(i, j)) / total + u2 - fixed, config.epsilon);
      all += b[j];
      sum.error += std::pow((predicted[i] == j) + u2 - v2 - label, 2) / static_cast<double>(n);
    }
    for (std::size_t j = 0; j < k; ++j) {
      const double q = std::clamp(b[j] / all, config.epsilon, 1.0);
      mean[j] += q / static_cast<double>(n);
      if (j == labels[i]) sum.entropy -= std::log(q) / static_cast<double>(n);
    }
  }
  for (const double q : mean) {
    sum.balance -=
        config.balance / static_cast<double>(k) * std::log(std::clamp(q, config.epsilon, 1.0));
  }
  return sum;
}

// Of z, u and v at once: clamped from above and below, and not.
struct Problem {
  Matrix<double> z, u, v;
  Labels labels, predicted;

  explicit Problem(std::uint64_t seed) : z(9, 5), u(9, 1), v(9, 5) {
    Rng rng(seed);
    for (double& value : z.values()) value = 2.5 * rng.normal();
    for (double& value : u.values()) value = 0.8 * rng.normal();
    for (double& value : v.values()) value = 0.8 * rng.normal();
    for (std::size_t i = 0; i < 9; ++i) {
      labels.push_back(rng.below(5));
      const auto row = z.row(i);
      predicted.push_back(static_cast<std::size_t>(std::ranges::max_element(row) - row.begin()));
    }
  }
};

BOOST_AUTO_TEST_CASE(gradients_are_those_of_finite_differences_with_what_is_constant_held_fixed) {
  for (const SopVariant variant : kVariants) {
    for (const double balance : {0.0, 0.7}) {
      const SopConfig config{.variant = variant, .error_weight = 6, .balance = balance};
      const double top = variant == SopVariant::kRepo202202 ? 1 - 1e-4 : 1;
      std::size_t clamped = 0;
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Problem at(seed);
        const Gradients d = gradients(config, at.z, at.labels, at.u, at.v);
        const Matrix<double> v0 = at.v;
        const auto terms_here = [&] {
          return terms(config, top, at.z, at.labels, at.u, at.v, at.predicted, v0);
        };
        const Terms here = terms_here();
        BOOST_TEST(d.loss == here.entropy + here.error + here.balance,
                   boost::test_tools::tolerance(1e-12));
        const auto difference = [&](double& value, auto of) {
          const double old = value, h = 1e-6;
          value = old + h;
          const double above = of(terms_here());
          value = old - h;
          const double below = of(terms_here());
          value = old;
          return (above - below) / (2 * h);
        };
        const auto check = [&](double found, double expected) {
          BOOST_TEST(std::abs(found - expected) <= 1e-6 * std::max(1.0, std::abs(expected)));
        };
        const auto network = [](const Terms& t) { return t.entropy + t.balance; };
        for (std::size_t i = 0; i < at.z.rows(); ++i) {
          for (std::size_t j = 0; j < at.z.cols(); ++j) {
            check(d.z(i, j), difference(at.z(i, j), network));
            const double weight = variant == SopVariant::kRepo202202 ? 6 : 1;
            check(d.v(i, j),
                  difference(at.v(i, j), [&](const Terms& t) { return weight * t.error; }));
            clamped += at.v(i, j) * at.v(i, j) > top;
          }
          check(d.u(i, 0), difference(at.u(i, 0), [&](const Terms& t) {
                  const double error =
                      variant == SopVariant::kRepo202208 || variant == SopVariant::kRepoFinal
                          ? t.error
                          : 0;
                  return error + (variant == SopVariant::kRepo202208 ? 0 : network(t));
                }));
          clamped += at.u(i, 0) * at.u(i, 0) > top;
        }
      }
      BOOST_TEST(clamped > 100u);
    }
  }
}

// Scores that do not change, the first class predicted and the second the label.
struct Frozen {
  Matrix<double> z = {{2, 0, 0}};
  Labels labels = {1}, rows = {0};

  void step(const SopConfig& config, SopState<double>& state, std::size_t batch = 1) const {
    // A batch of the same sample's mean is that of 1 / B of the gradient.
    SopConfig scaled = config;
    scaled.alpha_u /= static_cast<double>(batch);
    scaled.alpha_v /= static_cast<double>(batch);
    ad::Tape<double> tape;
    sop_step<double>(scaled, tape.leaf(z.view()), labels, rows, state);
  }
};

BOOST_AUTO_TEST_CASE(v_wakes_up_when_the_clock_says) {
  const Frozen frozen;
  // alpha_v, B, start; as counted by an independent computation.
  struct Case {
    double alpha, start;
    std::size_t visits;
  };
  for (const Case& c :
       {Case{10, 1e-8, 68}, Case{100, 1e-8, 13}, Case{2, 1e-8, 304}, Case{1, 1e-4, 299},
        Case{30, 1e-4, 14}, Case{100, 1e-4, 7}, Case{300, 1e-4, 4}}) {
    const SopConfig config{.alpha_u = 0, .alpha_v = c.alpha, .start_scale = c.start};
    SopState<double> state{Matrix<double>(1, 1, c.start), Matrix<double>(1, 3, c.start)};
    std::size_t visits = 0;
    while (state.v(0, 0) * state.v(0, 0) <= 0.5) {
      BOOST_TEST_REQUIRE(++visits < 1000u);
      frozen.step(config, state, 128);
    }
    BOOST_TEST(visits == c.visits);
    BOOST_TEST(std::abs(static_cast<double>(visits) - sop_visits_v(config, 128)) <= 2);
    const double growth = 1 + 4 * c.alpha / 128;
    if (growth >= 1.3) {
      const double pure = std::log(std::sqrt(0.5) / c.start) / std::log(growth);
      BOOST_TEST(std::abs(static_cast<double>(visits) - pure) <= 2);
    }
    BOOST_TEST(sop_alpha(sop_visits_v(config, 128), 128, c.start) == c.alpha,
               boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(u_grows_as_its_clock_says_in_all_variants) {
  const Frozen frozen;
  const double p = 1 / (std::exp(2.0) + 2);
  for (const SopVariant variant : kVariants) {
    const SopConfig config{.alpha_u = 8, .alpha_v = 0, .variant = variant};
    SopState<double> state{Matrix<double>(1, 1, 1e-8), Matrix<double>(1, 3, 1e-8)};
    frozen.step(config, state, 64);
    const double growth = state.u(0, 0) / 1e-8;
    BOOST_TEST(sop_visits_u(config, 64, p) == std::log(1e8) / std::log(growth),
               boost::test_tools::tolerance(1e-6));
  }
  // The published settings, epochs to order 1 at p_y = .01.
  const auto visits = [](double alpha, std::size_t batch, double start) {
    return sop_visits_u({.alpha_u = alpha, .start_scale = start}, batch, 1e-2);
  };
  BOOST_TEST(std::abs(visits(10, 128, 1e-8) - 6.5) < 0.1);
  BOOST_TEST(std::abs(visits(1, 128, 1e-8) - 20) < 0.5);
  BOOST_TEST(std::abs(visits(0.1, 64, 1e-8) - 68) < 0.5);
  BOOST_TEST(std::abs(visits(100, 128, 1e-4) - 1.8) < 0.06);
  BOOST_TEST(std::isinf(sop_visits_v({.alpha_v = 0}, 128)));
}

BOOST_AUTO_TEST_CASE(a_projection_bounds_and_u_never_shrinks_where_a_clamp_freezes) {
  constexpr std::size_t kSamples = 30, kClasses = 4;
  const double c = 4 * 300.0 / 128;
  for (const SopVariant variant : kVariants) {
    const bool paper = variant == SopVariant::kPaper;
    const bool limit = variant == SopVariant::kRepo202208 || variant == SopVariant::kRepoFinal;
    const SopConfig config{
        .alpha_u = 300, .alpha_v = 300, .start_scale = 1e-4, .variant = variant, .error_weight = 1};
    auto state = start_sop<double>(config, kSamples, kClasses, Rng(1));
    Rng rng(2);
    Labels labels, rows(kSamples);
    for (std::size_t i = 0; i < kSamples; ++i) labels.push_back(rng.below(kClasses));
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    SopConfig step = config;  // batches of 128 of which these are 30
    step.alpha_u *= kSamples / 128.0;
    step.alpha_v *= kSamples / 128.0;
    double most = 0;
    std::size_t frozen = 0;
    for (std::size_t t = 0; t < 60; ++t) {
      Matrix<double> z(kSamples, kClasses);
      Rng scores = rng.split(t / 7);  // predictions change now and then
      for (double& value : z.values()) value = 3 * scores.normal();
      const SopState<double> before = state;
      ad::Tape<double> tape;
      sop_step<double>(step, tape.leaf(z.view()), labels, rows, state);
      for (std::size_t i = 0; i < kSamples; ++i) {
        if (paper) BOOST_TEST(std::abs(state.u(i, 0)) >= std::abs(before.u(i, 0)));
      }
      for (std::size_t e = 0; e < state.v.size(); ++e) {
        const double old = before.v.values()[e], now = state.v.values()[e];
        most = std::max(most, std::abs(now));
        if (paper) BOOST_TEST(std::abs(now) <= 1);
        if (!paper && old * old > 1) {
          ++frozen;
          BOOST_TEST(now == old);
        }
      }
      const SopActivity activity = sop_activity(state);
      if (paper) BOOST_TEST(activity.most_u <= 1);
    }
    if (!paper) BOOST_TEST(frozen > 0u);
    if (limit) {
      const double overshoot = 2.0 / 3 * (1 + c) * std::sqrt((1 + c) / (3 * c));
      BOOST_TEST(most <= std::max(overshoot, c - 1));
      BOOST_TEST(most > 1.5);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_step_touches_only_the_rows_of_its_batch) {
  const Problem at(3);
  SopState<double> state = start_sop<double>({.start_scale = 0.3}, 40, 5, Rng(1));
  const SopState<double> before = state;
  const Labels rows = {7, 3, 39, 0, 12, 3, 21, 8, 9};  // 3 comes twice
  ad::Tape<double> tape;
  const SopConfig config{.alpha_u = 0.1, .alpha_v = 0.2};
  sop_step<double>(config, tape.leaf(at.z.view()), at.labels, rows, state);
  Matrix<double> u(9, 1), v(9, 5);
  for (std::size_t i = 0; i < 9; ++i) {
    u(i, 0) = before.u(rows[i], 0);
    for (std::size_t j = 0; j < 5; ++j) v(i, j) = before.v(rows[i], j);
  }
  const Gradients d = gradients(config, at.z, at.labels, u, v);
  for (std::size_t row = 0; row < 40; ++row) {
    double d_u = 0;
    std::vector<double> d_v(5);
    for (std::size_t i = 0; i < 9; ++i) {
      if (rows[i] != row) continue;
      d_u += d.u(i, 0);
      for (std::size_t j = 0; j < 5; ++j) d_v[j] += d.v(i, j);
    }
    BOOST_TEST(std::abs(state.u(row, 0) - (before.u(row, 0) - 0.1 * d_u)) < 1e-14);
    for (std::size_t j = 0; j < 5; ++j) {
      BOOST_TEST(std::abs(state.v(row, j) - (before.v(row, j) - 0.2 * d_v[j])) < 1e-14);
    }
  }
  // A loss that is not finite changes nothing.
  Matrix<double> bad = at.z;
  bad(4, 2) = std::numeric_limits<double>::quiet_NaN();
  const SopState<double> after = state;
  const auto loss = sop_step<double>(config, tape.leaf(bad.view()), at.labels, rows, state);
  BOOST_TEST(std::isnan(loss.item()));
  BOOST_TEST((state == after));
}

BOOST_AUTO_TEST_CASE(without_noise_variables_it_is_cross_entropy) {
  const Problem at(5);
  const Matrix<double> zero_u(9, 1), zero_v(9, 5);
  const Gradients d = gradients({.epsilon = 1e-12}, at.z, at.labels, zero_u, zero_v);
  for (std::size_t i = 0; i < 9; ++i) {
    double sum = 0;
    for (const double z : at.z.row(i)) sum += std::exp(z);
    for (std::size_t j = 0; j < 5; ++j) {
      const double slope = std::exp(at.z(i, j)) / sum - (j == at.labels[i]);
      BOOST_TEST(std::abs(d.z(i, j) - slope / 9) < 1e-9);
    }
  }
}

BOOST_AUTO_TEST_CASE(
    on_a_linear_model_with_squared_loss_it_is_the_sparse_noise_descent_by_columns) {
  // A hidden layer that stands still, one-hot labels of which some are wrong, and the noise term
  // u*u - v*v of every entry, trained through the tape.
  constexpr std::size_t kSamples = 18, kHidden = 25, kSteps = 400;
  const MlpConfig hidden{.inputs = 4, .hidden = {}, .outputs = kHidden};
  Matrix<double> x(kSamples, 4), y(kSamples, 3);
  Rng(1).fill_normal(x.values());
  for (std::size_t i = 0; i < kSamples; ++i) y(i, i % 5 == 0 ? (i + 1) % 3 : i % 3) = 1;
  const Parameters<double> frozen = mlp_parameters<double>(hidden, Rng(2));
  ad::Tape<double> once;
  const Matrix<double> features(
      ad::relu(mlp<double>(hidden, leaves_of(frozen, once), once.leaf(x.view()))).value());
  const SparseNoiseConfig config{.method = SparseNoiseMethod::kGradientDescent,
                                 .lambda = 0.3,
                                 .gamma = 1e-2,
                                 .tau = 1e-3,
                                 .iterations = kSteps,
                                 .gap_tolerance = 0};
  const std::vector<SparseNoiseResult> columns =
      solve_sparse_noise_columns(factor_sparse_noise(features), y, config);
  const SparseNoisePrice price = columns[0].price;

  Parameters<double> w({{"theta", {3, kHidden}}, {"u", {kSamples, 3}}, {"v", {kSamples, 3}}});
  std::ranges::fill(w.flat().subspan(w.offset(1)), price.gamma);
  Parameters<double> d(w.layout());
  for (std::size_t step = 0; step < kSteps; ++step) {
    ad::Tape<double> tape;
    const auto leaves = leaves_of(w, tape);
    const auto noise = ad::sub(ad::square(leaves[1]), ad::square(leaves[2]));
    const auto scores = ad::matmul(tape.leaf(features.view()), ad::transpose(leaves[0]));
    const auto rest = ad::sub(ad::add(scores, noise), tape.leaf(y.view()));
    const auto loss = ad::mul(ad::sum(ad::square(rest)), tape.constant(0.5));
    ad::gradient(loss, sinks_of(leaves, d));
    for (std::size_t i = 0; i < w.size(); ++i) {
      w.flat()[i] -= 1e-3 * (i < w.offset(1) ? 1 : price.alpha) * d.flat()[i];
    }
  }
  double worst = 0, moved = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto differ = [&](double a, double b) { worst = std::max(worst, std::abs(a - b)); };
    for (std::size_t l = 0; l < kHidden; ++l) differ(w["theta"](k, l), columns[k].theta[l]);
    for (std::size_t i = 0; i < kSamples; ++i) {
      differ(w["u"](i, k), columns[k].u[i]);
      differ(w["v"](i, k), columns[k].v[i]);
      moved = std::max(moved, std::abs(columns[k].u[i]) / price.gamma);
    }
  }
  BOOST_TEST(worst < 1e-11);
  BOOST_TEST(moved > 3);  // there is something to agree on
}

BOOST_AUTO_TEST_CASE(diagnostics_tell_the_noise_that_was_found) {
  const SopState<double> state{Matrix<double>{{0.9}, {1e-8}, {1.5}},
                               Matrix<double>{{0, 0.2, -0.95}, {1e-9, 0, 0}, {0.1, -1.2, 0.3}}};
  const Labels labels = {0, 1, 2};
  const auto scores = sop_noise_scores(state, labels);
  BOOST_TEST(scores[0] == 0.81 + 0.95 * 0.95, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(scores[1] < 1e-15);
  BOOST_TEST(scores[2] == 2);
  const auto corrected = sop_corrected_labels(state, labels);
  BOOST_TEST(corrected == (Labels{2, 1, 1}), boost::test_tools::per_element());
  const SopActivity activity = sop_activity(state);
  BOOST_TEST(activity.u_awake == 2.0 / 3);
  BOOST_TEST(activity.v_awake == 2.0 / 3);
  BOOST_TEST(activity.u_bound == 1.0 / 3);
  BOOST_TEST(activity.v_bound == 1.0 / 3);
  BOOST_TEST(activity.most_v == 1.2);
  BOOST_TEST(activity.mean_u2 == (0.81 + 1) / 3, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(!activity.asleep());
  BOOST_TEST(sop_activity(start_sop<float>({}, 50, 3, Rng(1))).asleep());
  const auto start = start_sop<float>({.start_scale = 1e-3}, 4000, 3, Rng(1));
  double square = 0;
  for (const float value : start.v.values()) square += double{value} * double{value};
  BOOST_TEST(std::sqrt(square / 12000) == 1e-3, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(bad_input_is_one_error) {
  const Problem at(1);
  ad::Tape<double> tape;
  const auto scores = tape.leaf(at.z.view());
  Matrix<double> u(9, 1), v(9, 5), d_u(9, 1), d_v(9, 5);
  const auto refuses = [](auto call, const std::string& text) {
    BOOST_CHECK_EXCEPTION(call(), std::invalid_argument, says(text));
  };
  const auto config_refused = [&](const SopConfig& config, const std::string& text) {
    refuses([&] { start_sop<float>(config, 3, 2, Rng(1)); }, "start_sop: " + text);
    refuses([&] { sop_loss<double>(config, scores, at.labels, u, v, d_u, d_v); },
            "sop_loss: " + text);
  };
  config_refused({.alpha_u = -1}, "alpha_u must be 0 or more; got alpha_u -1");
  config_refused({.alpha_v = std::nan("")}, "alpha_v must be 0 or more; got alpha_v nan");
  config_refused({.start_scale = 0}, "start_scale must be above 0; got start_scale 0");
  config_refused({.epsilon = 1}, "epsilon must be above 0 and below 1; got epsilon 1");
  config_refused({.error_weight = -2}, "error_weight must be 0 or more; got error_weight -2");
  config_refused({.balance = -0.1}, "balance must be 0 or more; got balance -0.1");
  config_refused({.consistency = INFINITY}, "consistency must be 0 or more; got consistency inf");
  refuses([&] { sop_loss<double>({}, scores, Labels{1}, u, v, d_u, d_v); },
          "sop_loss: there must be scores, and one label per row; got labels 1, scores 9 x 5");
  Labels high = at.labels;
  high[2] = 5;
  refuses([&] { sop_loss<double>({}, scores, high, u, v, d_u, d_v); },
          "sop_loss: labels must be below the columns of the scores; got index 2, label 5, "
          "columns 5");
  Matrix<double> narrow(9, 4);
  refuses([&] { sop_loss<double>({}, scores, at.labels, u, narrow, d_u, d_v); },
          "sop_loss: u must be n x 1, v n x k and their gradients alike; got scores 9 x 5, u 9 x "
          "1, v 9 x 4, d_u 9 x 1, d_v 9 x 5");
  SopState<double> state = start_sop<double>({}, 9, 5, Rng(1));
  refuses([&] { sop_step<double>({}, scores, at.labels, Labels{1}, state); },
          "sop_step: there must be scores for each row, as many as classes; got scores 9 x 5, rows "
          "1, u 9 x 1, v 9 x 5");
  refuses([&] { sop_step<double>({}, scores, at.labels, Labels(9, 9), state); },
          "sop_step: rows must be below the number of samples; got row 9, samples 9");
  refuses([&] { sop_noise_scores(state, Labels{1}); },
          "sop_noise_scores: there must be a label per sample; got labels 1, u 9 x 1, v 9 x 5");
  refuses([&] { sop_corrected_labels(state, high); },
          "sop_corrected_labels: labels must be below the number of classes; got index 2, label 5, "
          "classes 5");
  refuses([&] { sop_visits_v({}, 0); }, "sop_visits_v: batch must be at least 1; got batch 0");
  refuses([&] { sop_visits_u({}, 1, 1.5); },
          "sop_visits_u: probability must be from 0 to 1; got probability 1.5");
  refuses([&] { sop_alpha(0, 1, 0.5); }, "sop_alpha: visits must be above 0; got visits 0");
  refuses([&] { sop_alpha(1, 1, 1); },
          "sop_alpha: start_scale must be above 0 and below 1; got start_scale 1");
  const auto weak = tape.leaf(narrow.view());
  refuses([&] { consistency_loss(weak, scores); },
          "consistency_loss: there must be scores, of one shape; got weak 9 x 4, strong 9 x 5");
  // Second derivatives are refused, not wrong.
  const auto loss = sop_loss<double>({}, scores, at.labels, u, v, d_u, d_v);
  const std::vector<ad::Tangent<double>> along = {{scores, at.z.view()}};
  Matrix<double> product(9, 5);
  const std::vector<ad::Sink<double>> into = {{scores, product.view()}};
  refuses([&] { ad::hvp(loss, along, into); },
          "hvp: a loss in closed form has no second derivative here");
}

}  // namespace
}  // namespace surplus
