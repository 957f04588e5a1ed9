/// Part 1 of double-descent, polynomials: least squares of least norm on n = 15 or 16 points.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_POLYNOMIAL_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_POLYNOMIAL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::double_descent {

/// A fit of the sample without random numbers: 16 equispaced points of 2 x^3 - x with deviations of
/// .2 in turn up and down; the test is the polynomial itself on 1001 points of [-1, 1].
struct FixedFit {
  double d = 0;       ///< features, from the constant on
  double lambda = 0;  ///< of ridge regression; 0 for the least norm
  double train = 0;   ///< mean squared errors
  double test = 0;
  double norm = 0;
  double smin = 0;  ///< extreme singular values of the features
  double smax = 0;
  double rank = 0;  ///< singular values above the cutoff
};

/// The fits in one basis. `single`: in float, to whose rank the cutoff adapts.
struct FixedTable {
  std::string basis;  ///< as to_text(PolynomialBasis) has it
  bool single = false;
  std::vector<FixedFit> fits{};
};

std::vector<FixedTable> run_fixed(Run& run);
inline constexpr double kFixedSeconds = 0.1;

/// A sample drawn again and again: n points uniform on [-1, 1], Legendre features.
struct DrawDesign {
  std::string name;
  std::size_t n = 16;
  std::size_t first_degree = 0;  ///< 1 leaves the constant out
  bool cosine = false;           ///< 2 x + cos 25 x without noise; else 2 x^3 - x, noise .2
  std::size_t grid = 401;        ///< points of the test
  std::vector<std::size_t> features{};
  std::size_t draws = 0;
  std::size_t draws_of_many = 0;  ///< where there are more than 100 features
};

/// How a draw is fitted.
struct DrawMethod {
  std::string_view name;
  double lambda;
  double cutoff;
};
inline constexpr std::array<DrawMethod, 4> kMethods = {{{"least norm", 0, 1e-14},
                                                        {"cutoff 1e-3", 0, 1e-3},
                                                        {"ridge 1e-3", 1e-3, 0},
                                                        {"ridge 1e-1", 1e-1, 0}}};

struct DrawPoint {
  std::size_t features = 0;
  std::array<std::vector<double>, kMethods.size()> test;  ///< mean squared error of each draw
  std::vector<double> train{};                            ///< of the least norm
  std::vector<double> norm{};                             ///< of the least norm
};

struct DrawTable {
  DrawDesign design;
  std::vector<DrawPoint> points{};
};

double draw_seconds(const DrawDesign& design);
DrawTable run_draws(const DrawDesign& design, Run& run);

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_POLYNOMIAL_H_
