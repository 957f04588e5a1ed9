#include "apps/studies/classifier_width/polynomial.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/report/quantiles.h"
#include "apps/report/statistic.h"
#include "apps/runner/cells.h"
#include "surplus/data/split.h"
#include "surplus/features/polynomial.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/ridge.h"

namespace surplus::apps::classifier_width {
namespace {

constexpr std::array kLambdas = {0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0};

// Polynomials that are orthonormal for the uniform density on [0, 20].
Matrix<double> features(std::vector<double> x, std::size_t order) {
  for (double& value : x) value = to_unit_interval(value, 0, kPoints - 1);
  return polynomial_features<double>(PolynomialBasis::kOrthonormalLegendre, x, 0, order + 1);
}

std::vector<double> sample_points() {
  std::vector<double> x(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i) x[i] = static_cast<double>(i);
  return x;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Whether a rule that holds out points does so with this one: 5 of the 21.
bool is_held_out(std::size_t point) { return point % 4 == 2; }

// What one model makes of each draw.
struct Scores {
  std::vector<double> train, test, inner, leave_one_out, held_out, signal_to_noise;
};

// Of each draw, the error at the points held out of the polynomial through the others; infinite
// where these do not determine it.
std::vector<double> held_out_errors(const Matrix<double>& at_points, const Matrix<double>& y) {
  std::vector<std::size_t> kept, held;
  for (std::size_t i = 0; i < kPoints; ++i) (is_held_out(i) ? held : kept).push_back(i);
  std::vector<double> errors(y.cols(), 0);
  if (at_points.cols() > kept.size()) {
    std::ranges::fill(errors, std::numeric_limits<double>::infinity());
    return errors;
  }
  const auto fit = ridge(factor_ridge(take_rows(at_points, kept), take_rows(y, kept)), 0);
  const Matrix<double> seen = take_rows(y, held);
  const Matrix<double> fitted = matmul(take_rows(at_points, held).view(), fit.x.view());
  for (std::size_t i = 0; i < held.size(); ++i) {
    for (std::size_t draw = 0; draw < y.cols(); ++draw) {
      errors[draw] +=
          std::pow(seen(i, draw) - fitted(i, draw), 2) / static_cast<double>(held.size());
    }
  }
  return errors;
}

Scores score(const Matrix<double>& at_points, const Matrix<double>& on_grid,
             const Ridge<double>& fit, const Matrix<double>& y) {
  const Matrix<double> fitted = matmul(at_points.view(), fit.x.view());
  const Matrix<double> curve = matmul(on_grid.view(), fit.x.view());
  const std::vector<double> x = grid_points();
  Scores scores;
  for (std::size_t draw = 0; draw < y.cols(); ++draw) {
    double squares = 0, neighbors = 0, apart = 0, before = 0;
    for (std::size_t i = 0; i < kPoints; ++i) {
      const double e = y(i, draw) - fitted(i, draw);
      squares += e * e;
      neighbors += i == 0 ? 0 : e * before;
      before = e;
      apart += std::pow(fit.leave_one_out(i, draw), 2);
    }
    scores.train.push_back(squares / kPoints);
    scores.leave_one_out.push_back(apart / kPoints);
    scores.signal_to_noise.push_back(neighbors / (squares - neighbors));
    double sum = 0, inner = 0, inner_points = 0;
    for (std::size_t i = 0; i < kGridPoints; ++i) {
      const double square = std::pow(curve(i, draw) - true_curve(x[i]), 2);
      sum += square;
      if (i >= 50 && i <= 150) inner += square, ++inner_points;
    }
    scores.test.push_back(sum / kGridPoints);
    scores.inner.push_back(inner / inner_points);
  }
  return scores;
}

// The order of draw `draw` by the rule.
std::size_t choose(OrderRule rule, const std::vector<Scores>& orders, std::size_t draw) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const auto order = static_cast<double>(i + 1);
    double value = 0;
    switch (rule) {
      case OrderRule::kSignalToNoise:
        if (orders[i].signal_to_noise[draw] < 1.7 / std::sqrt(double{kPoints})) return i;
        continue;
      case OrderRule::kHoldOut:
        value = orders[i].held_out[draw];
        break;
      case OrderRule::kLeaveOneOut:
        value = orders[i].leave_one_out[draw];
        break;
      case OrderRule::kBayes:
        if (order > 10) return best;
        value = kPoints * std::log(orders[i].train[draw]) + (order + 1) * std::log(kPoints);
        break;
      case OrderRule::kHindsight:
        value = orders[i].test[draw];
        break;
    }
    if (value < least) least = value, best = i;
  }
  return rule == OrderRule::kSignalToNoise ? orders.size() - 1 : best;
}

OrderChoice choice(OrderRule rule, const std::vector<Scores>& orders) {
  std::vector<double> chosen, test;
  double near = 0;
  for (std::size_t draw = 0; draw < orders[0].test.size(); ++draw) {
    const std::size_t i = choose(rule, orders, draw);
    chosen.push_back(static_cast<double>(i + 1));
    test.push_back(orders[i].test[draw]);
    near += i >= 3 && i <= 5 ? 1 : 0;
  }
  return {median(chosen), near / static_cast<double>(test.size()), median(test)};
}

}  // namespace

double true_curve(double x) { return std::sin(x / 3); }

std::vector<double> grid_points() {
  std::vector<double> x(kGridPoints);
  for (std::size_t i = 0; i < kGridPoints; ++i) x[i] = static_cast<double>(i) / 10;
  return x;
}

Matrix<double> noisy_values(std::size_t draws, const Rng& rng) {
  Matrix<double> y(kPoints, draws);
  for (std::size_t draw = 0; draw < draws; ++draw) {
    Rng own = rng.split(draw);
    for (std::size_t i = 0; i < kPoints; ++i) {
      y(i, draw) = true_curve(static_cast<double>(i)) + 0.5 * own.uniform() - 0.25;
    }
  }
  return y;
}

std::string_view to_text(OrderRule rule) {
  switch (rule) {
    case OrderRule::kSignalToNoise:
      return "signal to noise";
    case OrderRule::kHoldOut:
      return "hold out 5 points, to order 15";
    case OrderRule::kLeaveOneOut:
      return "leave one out";
    case OrderRule::kBayes:
      return "BIC, to order 10";
    case OrderRule::kHindsight:
      return "hindsight";
  }
  return "unknown";
}

PolynomialSweep run_polynomials(std::size_t draws, Run& run) {
  PolynomialSweep sweep;
  const std::size_t of_orders = kMostOrder * kValues<OrderFit>;
  const std::size_t count = of_orders + kOrderRules.size() * kValues<OrderChoice>;
  const std::vector<double> values =
      run.cell("A, orders", 2e-4 * static_cast<double>(draws), count, [&] {
        const Matrix<double> y = noisy_values(draws, run.rng().split("A"));
        std::vector<Scores> scores;
        std::vector<OrderFit> fits;
        for (std::size_t order = 1; order <= kMostOrder; ++order) {
          const auto at_points = features(sample_points(), order);
          scores.push_back(score(at_points, features(grid_points(), order),
                                 ridge(factor_ridge(at_points, y), 0), y));
          scores.back().held_out = held_out_errors(at_points, y);
          const Scores& s = scores.back();
          const Statistic train = statistic(s.train, [](double value) { return value; });
          fits.push_back({static_cast<double>(order), train.mean, train.standard_error,
                          *std::ranges::max_element(s.train), median(s.test), quantile(s.test, .25),
                          quantile(s.test, .75), mean(s.test), median(s.inner),
                          median_error(logarithms(s.test))});
        }
        std::vector<OrderChoice> choices;
        choices.reserve(kOrderRules.size());
        for (const OrderRule rule : kOrderRules) choices.push_back(choice(rule, scores));
        std::vector<double> packed = pack(fits);
        const std::vector<double> more = pack(choices);
        packed.insert(packed.end(), more.begin(), more.end());
        return packed;
      });
  const auto cut = values.begin() + static_cast<std::ptrdiff_t>(of_orders);
  sweep.orders = unpack<OrderFit>({values.begin(), cut});
  sweep.choices = unpack<OrderChoice>({cut, values.end()});
  return sweep;
}

std::vector<RidgeFit> run_ridge(std::size_t draws, Run& run) {
  return unpack<RidgeFit>(run.cell(
      "A, ridge", 1e-4 * static_cast<double>(draws), kLambdas.size() * kValues<RidgeFit>, [&] {
        const Matrix<double> y = noisy_values(draws, run.rng().split("A"));
        const auto at_points = features(sample_points(), kMostOrder);
        const auto on_grid = features(grid_points(), kMostOrder);
        const RidgeFactors<double> factors = factor_ridge(at_points, y);
        std::vector<RidgeFit> fits;
        for (const double lambda : kLambdas) {
          // A basis orthonormal in dx on [-1, 1] is this one over sqrt(2).
          const Scores s = score(at_points, on_grid, ridge(factors, 2 * lambda * kPoints), y);
          fits.push_back({lambda, mean(s.train), median(s.test), quantile(s.test, .25),
                          quantile(s.test, .75), median(s.leave_one_out),
                          median_error(logarithms(s.test))});
        }
        return pack(fits);
      }));
}

Curves draw_curves(const Rng& rng, const std::vector<double>& orders) {
  const Matrix<double> y = noisy_values(1, rng);
  Curves result{{y.values().begin(), y.values().end()}, orders, {}};
  for (const double order : result.orders) {
    const auto count = static_cast<std::size_t>(order);
    const Ridge<double> fit = ridge(factor_ridge(features(sample_points(), count), y), 0);
    const Matrix<double> curve = matmul(features(grid_points(), count).view(), fit.x.view());
    result.curves.emplace_back(curve.values().begin(), curve.values().end());
  }
  return result;
}

}  // namespace surplus::apps::classifier_width
