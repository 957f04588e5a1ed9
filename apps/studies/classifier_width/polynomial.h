/// Part A of classifier-width: polynomials of growing order through 21 noisy points of sin(x / 3),
/// x = 0, 1 ... 20, noise uniform on [-1/4, 1/4]. Errors on x = 0, .1 ... 20 are against the curve
/// without noise.
///
/// Source  Lawrence, Giles, Tsoi (1997), Lessons in neural network training, first page
#ifndef SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_POLYNOMIAL_H_
#define SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_POLYNOMIAL_H_

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus::apps::classifier_width {

inline constexpr std::size_t kPoints = 21, kGridPoints = 201, kMostOrder = 20;

double true_curve(double x);
/// 0, .1 ... 20.
std::vector<double> grid_points();
/// The noisy values at the 21 points, a column a draw, draw i from rng.split(i).
Matrix<double> noisy_values(std::size_t draws, const Rng& rng);

/// Over draws.
struct OrderFit {
  double order = 0;
  double train = 0;        ///< mean squared error at the 21 points, mean over draws
  double train_error = 0;  ///< standard error of that mean
  double train_most = 0;   ///< the largest of the draws
  double test = 0;         ///< median over draws of the mean squared error on the grid
  double test_quartile_1 = 0;
  double test_quartile_3 = 0;
  double test_mean = 0;
  double inner = 0;      ///< median of the error on [5, 15] alone
  double log_error = 0;  ///< the standard error of the median of log(test)
};

/// Ways to choose the order from the sample.
enum class OrderRule {
  /// The first whose residuals look white: sum e_i e_i-1 / (sum e_i^2 - sum e_i e_i-1) below
  /// 1.7 / sqrt(21). Source  Liu, Starzyk, Zhu (2008)
  kSignalToNoise,
  /// The least error at every fourth point of the polynomial through the 16 others, of orders to 15.
  kHoldOut,
  kLeaveOneOut,  ///< the least mean square of leave-one-out residuals
  kBayes,        ///< the least n log(train) + (order + 1) log n, of orders to 10
  kHindsight,    ///< the least test error, which a user does not know
};
inline constexpr std::array kOrderRules = {OrderRule::kSignalToNoise, OrderRule::kHoldOut,
                                           OrderRule::kLeaveOneOut, OrderRule::kBayes,
                                           OrderRule::kHindsight};
std::string_view to_text(OrderRule rule);

struct OrderChoice {
  double order = 0;      ///< median over draws
  double near_best = 0;  ///< share of draws with an order from 4 to 6
  double test = 0;       ///< median over draws
};

struct PolynomialSweep {
  std::vector<OrderFit> orders;
  std::vector<OrderChoice> choices;  ///< one a rule
};

/// Least squares by orthonormal polynomials of orders 1 ... 20.
PolynomialSweep run_polynomials(std::size_t draws, Run& run);

struct RidgeFit {
  double lambda = 0;  ///< times 21 the penalty on the squared norm, for a basis orthonormal in dx
  double train = 0;   ///< mean over draws
  double test = 0;    ///< median over draws
  double test_quartile_1 = 0;
  double test_quartile_3 = 0;
  double leave_one_out = 0;  ///< mean square of the residuals, median over draws
  double log_error = 0;      ///< of the median of log(test)
};

/// Ridge regression with all of order 20.
std::vector<RidgeFit> run_ridge(std::size_t draws, Run& run);

/// One sample and curves through it.
struct Curves {
  std::vector<double> sample;  ///< 21 values
  std::vector<double> orders;
  std::vector<std::vector<double>> curves;  ///< on the grid, one an order, or more
};
Curves draw_curves(const Rng& rng, const std::vector<double>& orders);

}  // namespace surplus::apps::classifier_width

#endif  // SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_POLYNOMIAL_H_
