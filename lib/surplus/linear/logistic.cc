#include "surplus/linear/logistic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/triangular.h"

namespace surplus {
namespace {

constexpr std::string_view kFit = "fit_logistic";

// Where an iterate stands.
struct Point {
  Matrix<double> w;              // m x (d + 1), the intercepts last
  Matrix<double> probabilities;  // n x m: of class 1, or of all classes
  double objective = 0;
  bool separates = false;
};

class Problem {
 public:
  Problem(MatrixView<const double> x, std::span<const std::size_t> labels, std::size_t classes,
          double c)
      : means_(detail::column_means(x)),
        x_(x.rows(), x.cols() + 1, 1.0),
        labels_(labels),
        outputs_(classes == 2 ? 1 : classes),
        penalty_(1 / (c * static_cast<double>(x.rows()))) {
    // The intercept is free, so that centring changes nothing but the condition of the Hessian.
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < x.cols(); ++j) x_(i, j) = x(i, j) - means_[j];
    }
  }

  std::size_t outputs() const { return outputs_; }
  std::size_t width() const { return x_.cols(); }

  Point at(Matrix<double> w) const {
    Point point{std::move(w), {}, 0, true};
    Matrix<double> z = matmul(x_.view(), point.w.view(), {.transpose_b = true});
    double loss = 0;
    for (std::size_t i = 0; i < z.rows(); ++i) {
      loss += outputs_ == 1 ? binary(z.row(i)[0], labels_[i] == 1, point.separates)
                            : softmax(z.row(i), labels_[i], point.separates);
    }
    double squares = 0;
    for (std::size_t a = 0; a < outputs_; ++a) {
      for (std::size_t j = 0; j + 1 < width(); ++j) squares += point.w(a, j) * point.w(a, j);
    }
    point.objective = loss / static_cast<double>(x_.rows()) + penalty_ / 2 * squares;
    point.probabilities = std::move(z);
    return point;
  }

  Matrix<double> gradient(const Point& point) const {
    Matrix<double> residuals = point.probabilities;
    for (std::size_t i = 0; i < residuals.rows(); ++i) {
      if (outputs_ > 1)
        residuals(i, labels_[i]) -= 1;
      else if (labels_[i] == 1)
        residuals(i, 0) -= 1;
    }
    Matrix<double> gradient = point.w;
    for (std::size_t a = 0; a < outputs_; ++a) gradient(a, width() - 1) = 0;
    matmul(residuals.view(), x_.view(), gradient.view(),
           {.transpose_a = true, .alpha = 1 / static_cast<double>(x_.rows()), .beta = penalty_});
    return gradient;
  }

  // The lower triangle, blocks of width() for each pair of outputs.
  Matrix<double> hessian(const Point& point) const {
    const std::size_t n = x_.rows(), width = this->width();
    Matrix<double> hessian(outputs_ * width, outputs_ * width);
    Matrix<double> scaled(n, width);
    for (std::size_t a = 0; a < outputs_; ++a) {
      for (std::size_t b = 0; b <= a; ++b) {
        for (std::size_t i = 0; i < n; ++i) {
          const double p = point.probabilities(i, a);
          const double weight = a == b ? p * (1 - p) : -p * point.probabilities(i, b);
          for (std::size_t j = 0; j < width; ++j) scaled(i, j) = weight * x_(i, j);
        }
        matmul(x_.view(), scaled.view(), hessian.view().block(a * width, b * width, width, width),
               {.transpose_a = true, .alpha = 1 / static_cast<double>(n)});
      }
      for (std::size_t j = 0; j + 1 < width; ++j) hessian(a * width + j, a * width + j) += penalty_;
    }
    if (outputs_ > 1) {
      // A number added to the scores of all classes changes nothing, so that the Hessian is
      // singular in directions to which the gradient is orthogonal. These are filled up.
      const double filling = mean_diagonal(hessian) / static_cast<double>(outputs_);
      for (std::size_t a = 0; a < outputs_; ++a) {
        for (std::size_t b = 0; b <= a; ++b) {
          for (std::size_t j = 0; j < width; ++j) hessian(a * width + j, b * width + j) += filling;
        }
      }
    }
    return hessian;
  }

  LinearClassifier classifier(const Matrix<double>& w) const {
    LinearClassifier classifier{Matrix<double>(w.view().block(0, 0, outputs_, width() - 1)), {}};
    for (std::size_t a = 0; a < outputs_; ++a) {
      classifier.intercepts.push_back(w(a, width() - 1));
    }
    detail::uncenter(classifier, means_);
    return classifier;
  }

  static double mean_diagonal(const Matrix<double>& a) {
    double sum = 0;
    for (std::size_t i = 0; i < a.rows(); ++i) sum += a(i, i);
    return sum / static_cast<double>(a.rows());
  }

 private:
  // Both return the loss of a row and put probabilities in the place of its scores.
  static double binary(double& z, bool positive, bool& separates) {
    const double against = positive ? -z : z;
    separates = separates && against < 0;
    const double tail = std::exp(-std::abs(z));
    z = (z >= 0 ? 1 : tail) / (1 + tail);
    return std::max(against, 0.0) + std::log1p(tail);
  }
  static double softmax(std::span<double> z, std::size_t label, bool& separates) {
    const double largest = *std::max_element(z.begin(), z.end());
    const double own = z[label];
    separates = separates && own == largest && std::count(z.begin(), z.end(), largest) == 1;
    double sum = 0;
    for (double& value : z) sum += value = std::exp(value - largest);
    for (double& value : z) value /= sum;
    return std::log(sum) + (largest - own);
  }

  std::vector<double> means_;
  Matrix<double> x_;  // centred, and a column of ones
  std::span<const std::size_t> labels_;
  std::size_t outputs_;
  double penalty_;
};

// -H^-1 g, one row after the other.
Matrix<double> newton_step(const Matrix<double>& hessian, const Matrix<double>& gradient) {
  Matrix<double> factor(hessian.rows(), hessian.rows());
  const double mean = Problem::mean_diagonal(hessian);
  const bool finite = std::isfinite(mean);
  bool solvable = finite && try_cholesky(hessian, factor.view()) == hessian.rows();
  for (int exponent = -12; finite && !solvable && exponent < 0; ++exponent) {
    Matrix<double> raised = hessian;
    const double ridge = std::pow(10.0, exponent) * mean;
    for (std::size_t i = 0; i < raised.rows(); ++i) raised(i, i) += ridge;
    solvable = try_cholesky(raised, factor.view()) == hessian.rows();
  }
  SURPLUS_REQUIRE(solvable, NumericalError, kFit,
                  "the Hessian must be positive definite, also with a ridge; rescaled columns or a "
                  "smaller c may help",
                  "mean diagonal", mean);
  Matrix<double> step = gradient;
  for (double& value : step.values()) value = -value;
  const MatrixView<double> column(step.data(), step.size(), 1);
  triangular_solve(factor, column, Triangular::kLeft);
  triangular_solve(factor, column, Triangular::kLeftTransposed);
  return step;
}

// The point a step or a part of it away, low enough for Armijo's rule; the same point if rounding
// leaves none.
Point descend(const Problem& problem, const Point& from, const Matrix<double>& step,
              const Matrix<double>& gradient) {
  double slope = 0;
  for (std::size_t i = 0; i < step.size(); ++i) slope += step.values()[i] * gradient.values()[i];
  // Near the minimum the fall is smaller than the rounding of the objective.
  const double rounding = 8 * std::numeric_limits<double>::epsilon() * from.objective;
  for (int halvings = 0; halvings < 40; ++halvings) {
    const double length = std::ldexp(1.0, -halvings);
    Matrix<double> w = from.w;
    for (std::size_t i = 0; i < w.size(); ++i) w.values()[i] += length * step.values()[i];
    Point to = problem.at(std::move(w));
    if (to.objective <= from.objective + 1e-4 * length * slope + rounding) return to;
  }
  return from;
}

double largest_element(const Matrix<double>& a) {
  double largest = 0;
  for (const double value : a.values()) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace

LogisticResult fit_logistic(MatrixView<const double> x, std::span<const std::size_t> labels,
                            const LogisticConfig& config) {
  const std::size_t k = detail::require_classes(kFit, x, labels);
  SURPLUS_REQUIRE(config.c > 0, ArgumentError, kFit, "c must be positive", "c", config.c);
  SURPLUS_REQUIRE(config.tolerance >= 0, ArgumentError, kFit, "tolerance must be at least 0",
                  "tolerance", config.tolerance);
  const Problem problem(x, labels, k, config.c);
  LogisticResult result;
  Point point = problem.at(Matrix<double>(problem.outputs(), problem.width()));
  while (true) {
    const Matrix<double> gradient = problem.gradient(point);
    result.gradient = largest_element(gradient);
    result.objective = point.objective;
    SURPLUS_REQUIRE(std::isfinite(point.objective) && std::isfinite(result.gradient),
                    NumericalError, kFit, "the objective must stay finite; rescale the columns",
                    "objective", point.objective, "gradient", result.gradient);
    result.separated = std::isinf(config.c) && point.separates;
    if (result.gradient <= config.tolerance || result.separated) {
      result.stop = Stop::kConverged;
      break;
    }
    if (result.iterations == config.iterations) break;
    point = descend(problem, point, newton_step(problem.hessian(point), gradient), gradient);
    ++result.iterations;
    if (config.observer &&
        !config.observer({result.iterations, config.iterations, point.objective})) {
      result.stop = Stop::kCancelled;
      result.objective = point.objective;
      result.gradient = largest_element(problem.gradient(point));
      break;
    }
  }
  result.classifier = problem.classifier(point.w);
  return result;
}

}  // namespace surplus
