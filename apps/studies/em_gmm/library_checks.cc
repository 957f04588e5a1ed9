#include "apps/studies/em_gmm/library_checks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "apps/studies/em_gmm/truth.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm_queries.h"

namespace surplus::apps::em_gmm {
namespace {

constexpr std::array<CovarianceKind, 4> kKinds = {CovarianceKind::kFull, CovarianceKind::kTied,
                                                  CovarianceKind::kDiagonal,
                                                  CovarianceKind::kSpherical};

Matrix<double> normal_rows(std::size_t rows, std::size_t cols, Rng rng) {
  Matrix<double> x(rows, cols);
  rng.fill_normal(x.values());
  return x;
}

// n draws from three Gaussians at distance 4 on the first axis, in d dimensions.
Matrix<double> three_groups(std::size_t n, std::size_t d, const Rng& rng) {
  Matrix<double> x = normal_rows(n, d, rng);
  for (std::size_t i = 0; i < n; ++i) x(i, 0) += 4.0 * static_cast<double>(i % 3);
  return x;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a.values()[i] - b.values()[i]));
  }
  return largest;
}

// EM_1 and EM_2 on a mixture, a sample and a start, all random; the starts may be poor.
double largest_fall(Rng rng) {
  const std::size_t k = 1 + rng.below(4);
  const std::size_t d = 1 + rng.below(3);
  const std::size_t n = 20 + rng.below(180);
  Matrix<double> means = normal_rows(k, d, rng.split("means"));
  for (double& mean : means.values()) mean *= 3;
  std::vector<double> weights(k);
  double sum = 0;
  for (double& weight : weights) sum += weight = 0.1 + rng.uniform();
  for (double& weight : weights) weight /= sum;
  const GaussianMixture truth = unit_mixture(std::move(means), std::move(weights));
  Rng draws = rng.split("sample");
  const Matrix<double> x = sample(truth, n, draws).x;
  double fall = 0;
  for (const Model model : {Model::kEm1, Model::kEm2}) {
    Matrix<double> start = normal_rows(k, d, rng.split("start"));
    GmmConfig config = em_config(model, start_at(truth, model, std::move(start)), 0, 50);
    config.keep_trace = true;
    GmmResult fit = fit_gmm(x, config);
    fit.trace.push_back(fit.log_likelihood);
    for (std::size_t i = 1; i < fit.trace.size(); ++i) {
      fall = std::max(fall, fit.trace[i - 1] - fit.trace[i]);
    }
  }
  return fall;
}

double criteria_error(const Rng& rng) {
  const Matrix<double> x = three_groups(300, 3, rng);
  const double n = 300;
  // k = 3, d = 3: covariances, then k d means and k - 1 weights.
  constexpr std::array<double, 4> kParameters = {18 + 11, 6 + 11, 9 + 11, 3 + 11};
  double error = 0;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    const GaussianMixture fit =
        fit_gmm(x, {.components = 3, .covariance = kKinds[i], .iterations = 5}).mixture;
    const double deviance = -2 * n * score(fit, x);
    const double p = kParameters[i];
    error = std::max({error, std::abs(static_cast<double>(parameter_count(fit)) / p - 1),
                      std::abs(bic(fit, x) / (deviance + p * std::log(n)) - 1),
                      std::abs(aic(fit, x) / (deviance + 2 * p) - 1)});
  }
  return error;
}

double single_component_error(const Rng& rng) {
  const Matrix<double> x = normal_rows(200, 3, rng);
  const GmmConfig config;
  const GaussianMixture fit = fit_gmm(x, config).mixture;
  Matrix<double> mean(1, 3);
  Matrix<double> covariance(3, 3);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < 3; ++j) mean(0, j) += x(i, j) / 200;
  }
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t l = 0; l < 3; ++l) {
        covariance(j, l) += (x(i, j) - mean(0, j)) * (x(i, l) - mean(0, l)) / 200;
      }
    }
  }
  for (std::size_t j = 0; j < 3; ++j) covariance(j, j) += config.covariance_floor;
  return std::max(largest_difference(fit.means, mean),
                  largest_difference(fit.covariances, covariance));
}

double shift_error(const Rng& rng) {
  const Matrix<double> x = three_groups(500, 2, rng);
  Matrix<double> moved = x;
  for (double& value : moved.values()) value += 1e6;
  double error = 0;
  for (const CovarianceKind kind : kKinds) {
    const GmmConfig config = {
        .components = 3, .covariance = kind, .start = GmmStart::kRandomRows, .tolerance = 0};
    const Matrix<double> before = fit_gmm(x, config).mixture.covariances;
    const Matrix<double> after = fit_gmm(moved, config).mixture.covariances;
    for (std::size_t i = 0; i < before.size(); ++i) {
      // Relative to the variances, about 1; covariances may be 0.
      error = std::max(error, std::abs(after.values()[i] - before.values()[i]));
    }
  }
  return error;
}

double thread_difference(const Rng& rng) {
  const std::size_t before = thread_count();
  const Matrix<double> x = three_groups(20000, 4, rng);
  const auto fit = [&](std::size_t threads) {
    set_thread_count(threads);
    return fit_gmm(x, {.components = 3, .start = GmmStart::kRandomRows, .iterations = 10}).mixture;
  };
  const GaussianMixture one = fit(1);
  const GaussianMixture eight = fit(8);
  set_thread_count(before);
  double difference = std::max(largest_difference(one.means, eight.means),
                               largest_difference(one.covariances, eight.covariances));
  for (std::size_t i = 0; i < one.weights.size(); ++i) {
    difference = std::max(difference, std::abs(one.weights[i] - eight.weights[i]));
  }
  return difference;
}

}  // namespace

LibraryChecks run_library_checks(Run& run) {
  const Rng rng = run.rng().split("library");
  const std::vector<double> values = run.cell("library", kLibrarySeconds, 5, [&] {
    std::vector<double> falls(kProblems);
    parallel_for(kProblems, [&](std::size_t i) { falls[i] = largest_fall(rng.split(i)); });
    return std::vector<double>{
        *std::max_element(falls.begin(), falls.end()), criteria_error(rng.split("criteria")),
        single_component_error(rng.split("one component")), shift_error(rng.split("shift")),
        thread_difference(rng.split("threads"))};
  });
  return {values[0], values[1], values[2], values[3], values[4]};
}

}  // namespace surplus::apps::em_gmm
