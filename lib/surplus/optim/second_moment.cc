#include "surplus/optim/second_moment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/lstsq.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/spectral_norm.h"

namespace surplus {
namespace {

constexpr std::size_t kMostStates = 40;

void require_problem(const char* function, MatrixView<const double> x, const LinearSgd& sgd) {
  SURPLUS_REQUIRE(!x.empty(), ShapeError, function, "x must have rows and columns", "x", x.shape());
  detail::require_finite(function, "x", x);
  SURPLUS_REQUIRE(sgd.rate >= 0 && std::isfinite(sgd.rate), ArgumentError, function,
                  "rate must be finite and at least 0", "rate", sgd.rate);
  SURPLUS_REQUIRE(sgd.momentum >= 0 && sgd.momentum <= 1, ArgumentError, function,
                  "momentum must be at least 0 and at most 1", "momentum", sgd.momentum);
  SURPLUS_REQUIRE(sgd.compensation >= 0 && std::isfinite(sgd.compensation) &&
                      (sgd.momentum > 0 || sgd.compensation == 0),
                  ArgumentError, function,
                  "compensation must be finite and at least 0, and 0 if the momentum is 0",
                  "compensation", sgd.compensation, "momentum", sgd.momentum);
  SURPLUS_REQUIRE(sgd.batch >= 1, ArgumentError, function, "batch must be at least 1", "batch",
                  sgd.batch);
  const std::size_t most = sgd.momentum > 0 ? kMostStates / 2 : kMostStates;
  SURPLUS_REQUIRE(x.cols() <= most, ArgumentError, function,
                  "x must have at most 40 columns, 20 with momentum", "x", x.shape(), "momentum",
                  sgd.momentum);
}

// E[z z'] of z = (w - w*, velocity's part, 1), the last one carrying the noise at w*. A step with
// example i is z <- (M + p_i q_i') z, where M moves by the velocity alone, p_i = (-x_i a, -x_i b, 0)
// and q_i = (x_i, 0, r_i) gives the residual.
class MomentMap {
 public:
  MomentMap(MatrixView<const double> x, std::span<const double> residuals, const LinearSgd& sgd)
      : x_(x),
        residuals_(residuals),
        sgd_(sgd),
        d_(x.cols()),
        states_((sgd.momentum > 0 ? 2 : 1) * d_ + (residuals.empty() ? 0 : 1)),
        moment_(d_, states_),
        moved_(states_, states_),
        mean_step_(states_, states_),
        half_(states_, states_) {
    const auto n = static_cast<double>(x.rows());
    for (std::size_t i = 0; i < x.rows(); ++i) {  // E[x q']
      for (std::size_t j = 0; j < d_; ++j) {
        for (std::size_t l = 0; l < d_; ++l) moment_(j, l) += x(i, j) * x(i, l) / n;
        if (!residuals.empty()) moment_(j, states_ - 1) += x(i, j) * residuals[i] / n;
      }
    }
    set_rate(sgd.rate);
  }

  std::size_t states() const { return states_; }

  void set_rate(double rate) {
    const double entering = rate * (sgd_.momentum - sgd_.compensation);
    of_velocity_ = entering;
    of_parameters_ = rate + entering;
    for (std::size_t i = 0; i < states_; ++i) {
      for (std::size_t j = 0; j < states_; ++j) mean_step_(i, j) = kept(i, j) + mean_pq(i, j);
    }
  }

  // s <- E[z z'] after a step; symmetric.
  void apply(Matrix<double>& s) {
    const double share = 1 / static_cast<double>(sgd_.batch);
    sandwich([&](std::size_t i, std::size_t j) { return mean_step_(i, j); }, s, 1, true);
    // The noise of a batch: the mean of p p' (q' S q), less its part in the mean step.
    sandwich([&](std::size_t i, std::size_t j) { return mean_pq(i, j); }, s, -share, false);
    const double weight = share / static_cast<double>(x_.rows());
    for (std::size_t i = 0; i < x_.rows(); ++i) add_noise(i, s, weight);
    s = moved_;
  }

 private:
  double kept(std::size_t i, std::size_t j) const {
    if (i >= 2 * d_ || sgd_.momentum == 0) return i == j ? 1 : 0;
    if (i >= d_) return i == j ? sgd_.momentum : 0;
    return i == j ? 1 : j == i + d_ ? sgd_.momentum : 0;
  }
  double mean_pq(std::size_t i, std::size_t j) const {
    if (i < d_) return -of_parameters_ * moment_(i, j);
    return sgd_.momentum > 0 && i < 2 * d_ ? -of_velocity_ * moment_(i - d_, j) : 0;
  }

  // moved_ = or += weight A S A'.
  template <typename A>
  void sandwich(const A& a, const Matrix<double>& s, double weight, bool first) {
    for (std::size_t i = 0; i < states_; ++i) {
      for (std::size_t j = 0; j < states_; ++j) {
        double sum = 0;
        for (std::size_t l = 0; l < states_; ++l) sum += a(i, l) * s(l, j);
        half_(i, j) = sum;
      }
    }
    for (std::size_t i = 0; i < states_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::size_t l = 0; l < states_; ++l) sum += half_(i, l) * a(j, l);
        const double value = weight * sum + (first ? 0 : moved_(i, j));
        moved_(i, j) = moved_(j, i) = value;
      }
    }
  }

  void add_noise(std::size_t i, const Matrix<double>& s, double weight) {
    const auto row = x_.row(i);
    const bool noisy = !residuals_.empty();
    double square = noisy ? residuals_[i] * residuals_[i] * s(states_ - 1, states_ - 1) : 0;
    for (std::size_t j = 0; j < d_; ++j) {
      double sum = noisy ? 2 * residuals_[i] * s(j, states_ - 1) : 0;
      for (std::size_t l = 0; l < d_; ++l) sum += s(j, l) * row[l];
      square += row[j] * sum;
    }
    const double by[] = {of_parameters_, of_velocity_};
    const std::size_t parts = sgd_.momentum > 0 ? 2 : 1;
    for (std::size_t a = 0; a < parts; ++a) {
      for (std::size_t b = 0; b < parts; ++b) {
        const double factor = weight * square * by[a] * by[b];
        for (std::size_t j = 0; j < d_; ++j) {
          for (std::size_t l = 0; l < d_; ++l) {
            moved_(a * d_ + j, b * d_ + l) += factor * row[j] * row[l];
          }
        }
      }
    }
  }

  MatrixView<const double> x_;
  std::span<const double> residuals_;
  LinearSgd sgd_;
  std::size_t d_, states_;
  double of_parameters_ = 0, of_velocity_ = 0;
  Matrix<double> moment_, moved_, mean_step_, half_;
};

// The map as a matrix on the lower triangles of symmetric matrices.
Matrix<double> matrix_of(MomentMap& map) {
  const std::size_t n = map.states(), p = n * (n + 1) / 2;
  Matrix<double> matrix(p, p);
  std::size_t column = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j, ++column) {
      Matrix<double> s(n, n);
      s(i, j) = s(j, i) = 1;
      map.apply(s);
      std::size_t row = 0;
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t l = 0; l <= k; ++l) matrix(row++, column) = s(k, l);
      }
    }
  }
  return matrix;
}

// lim |A^(2^k)|^(1 / 2^k), by squaring: also where eigenvalues are nearly equal, and eigenvectors
// nearly parallel, as powers of one vector would not find it.
double spectral_radius(Matrix<double> a) {
  constexpr int kSquarings = 45;
  double logarithm = 0;
  Matrix<double> square(a.rows(), a.cols());
  for (int k = 0; k <= kSquarings; ++k) {
    double size = 0;
    for (const double value : a.values()) size = std::max(size, std::abs(value));
    if (size == 0) return 0;
    logarithm += std::log(size) / std::exp2(k);
    for (double& value : a.values()) value /= size;
    matmul(a, a, square);
    std::swap(a, square);
  }
  return std::exp(logarithm);
}

double contraction(MatrixView<const double> x, const LinearSgd& sgd) {
  MomentMap map(x, {}, sgd);
  return spectral_radius(matrix_of(map));
}

struct Optimum {
  std::vector<double> w, residuals;
  double loss = 0;
};

Optimum optimum_of(const char* function, MatrixView<const double> x, std::span<const double> y) {
  SURPLUS_REQUIRE(y.size() == x.rows(), ShapeError, function, "y must have one value per row of x",
                  "x", x.shape(), "y", y.size());
  const Matrix<double> w = lstsq(x, MatrixView<const double>(y.data(), y.size(), 1)).x;
  Optimum optimum{{w.values().begin(), w.values().end()}, std::vector<double>(y.size())};
  for (std::size_t i = 0; i < y.size(); ++i) {
    double r = -y[i];
    for (std::size_t j = 0; j < x.cols(); ++j) r += x(i, j) * w(j, 0);
    optimum.residuals[i] = r;
    optimum.loss += r * r / 2 / static_cast<double>(y.size());
  }
  return optimum;
}

double trace(const Matrix<double>& s, std::size_t d) {
  double sum = 0;
  for (std::size_t j = 0; j < d; ++j) sum += s(j, j);
  return sum;
}

// E of the mean loss beyond that at w*: half of the mean of x_i' S x_i.
double excess(MatrixView<const double> x, const Matrix<double>& s) {
  double sum = 0;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      for (std::size_t l = 0; l < x.cols(); ++l) sum += x(i, j) * s(j, l) * x(i, l);
    }
  }
  return sum / 2 / static_cast<double>(x.rows());
}

}  // namespace

double second_moment_contraction(MatrixView<const double> x, const LinearSgd& sgd) {
  require_problem("second_moment_contraction", x, sgd);
  return contraction(x, sgd);
}

double second_moment_rate_limit(MatrixView<const double> x, const LinearSgd& sgd) {
  constexpr const char* kFunction = "second_moment_rate_limit";
  require_problem(kFunction, x, sgd);
  const double norm = spectral_norm(x).value;
  SURPLUS_REQUIRE(norm > 0, ArgumentError, kFunction, "x must not be zero", "x", x.shape());
  const double first = static_cast<double>(x.rows()) / (norm * norm);
  LinearSgd at = sgd;
  const auto contracts = [&](double rate) {
    at.rate = rate;
    return contraction(x, at) < 1;
  };
  double low = first;
  while (!contracts(low)) {
    low /= 2;
    SURPLUS_REQUIRE(low > first * 1e-9, NumericalError, kFunction, "some rate must contract",
                    "momentum", sgd.momentum, "x", x.shape());
  }
  double high = 2 * low;
  while (contracts(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1e-10 * high) {
    const double middle = (low + high) / 2;
    (contracts(middle) ? low : high) = middle;
  }
  return (low + high) / 2;
}

StationarySgd stationary_sgd(MatrixView<const double> x, std::span<const double> y,
                             const LinearSgd& sgd) {
  constexpr const char* kFunction = "stationary_sgd";
  require_problem(kFunction, x, sgd);
  Optimum optimum = optimum_of(kFunction, x, y);
  const double radius = contraction(x, sgd);
  SURPLUS_REQUIRE(radius < 1, NumericalError, kFunction, "the second moments must converge",
                  "contraction", radius);
  const std::size_t d = x.cols();
  // What a step adds where there is no more mean: the map of (0, 0, 1).
  MomentMap noisy(x, optimum.residuals, sgd);
  Matrix<double> added(noisy.states(), noisy.states());
  added(noisy.states() - 1, noisy.states() - 1) = 1;
  noisy.apply(added);
  MomentMap map(x, {}, sgd);
  Matrix<double> matrix = matrix_of(map);
  for (double& value : matrix.values()) value = -value;
  Matrix<double> right(matrix.rows(), 1);
  std::size_t row = 0;
  for (std::size_t i = 0; i < map.states(); ++i) {
    for (std::size_t j = 0; j <= i; ++j, ++row) {
      matrix(row, row) += 1;
      right(row, 0) = added(i, j);
    }
  }
  const Matrix<double> solution = lstsq(matrix, right).x;
  StationarySgd result{std::move(optimum.w), optimum.loss, 0, Matrix<double>(d, d), 0, 0};
  row = 0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j, ++row) {
      result.covariance(i, j) = result.covariance(j, i) = solution(row, 0);
    }
  }
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (const double value : x.row(i)) {
      result.noise += optimum.residuals[i] * optimum.residuals[i] * value * value /
                      static_cast<double>(x.rows());
    }
  }
  result.distance = trace(result.covariance, d);
  result.excess_loss = excess(x, result.covariance);
  return result;
}

std::vector<ExpectedSgd> expected_sgd(MatrixView<const double> x, std::span<const double> y,
                                      std::span<const double> start, const LinearSgd& sgd,
                                      const Schedule& schedule,
                                      std::span<const std::size_t> times) {
  constexpr const char* kFunction = "expected_sgd";
  require_problem(kFunction, x, sgd);
  SURPLUS_REQUIRE(start.size() == x.cols(), ShapeError, kFunction,
                  "start must have one value per column of x", "x", x.shape(), "start",
                  start.size());
  detail::require_finite(kFunction, "start", {start.data(), 1, start.size()});
  SURPLUS_REQUIRE(std::ranges::is_sorted(times), ArgumentError, kFunction,
                  "times must be ascending", "times", times.size());
  const Optimum optimum = optimum_of(kFunction, x, y);
  MomentMap map(x, optimum.residuals, sgd);
  std::vector<double> z(map.states());
  for (std::size_t j = 0; j < start.size(); ++j) z[j] = start[j] - optimum.w[j];
  z.back() = 1;
  Matrix<double> s(z.size(), z.size());
  for (std::size_t i = 0; i < z.size(); ++i) {
    for (std::size_t j = 0; j < z.size(); ++j) s(i, j) = z[i] * z[j];
  }
  std::vector<ExpectedSgd> path;
  std::size_t t = 0;
  for (const std::size_t time : times) {
    for (; t < time; ++t) {
      map.set_rate(rate_at(schedule, t));
      map.apply(s);
    }
    path.push_back({trace(s, x.cols()), optimum.loss + excess(x, s)});
  }
  return path;
}

}  // namespace surplus
