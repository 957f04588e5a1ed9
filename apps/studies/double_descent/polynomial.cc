#include "apps/studies/double_descent/polynomial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/runner/cells.h"
#include "surplus/core/parallel.h"
#include "surplus/features/polynomial.h"
#include "surplus/linalg/lstsq.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/ridge.h"

namespace surplus::apps::double_descent {
namespace {

using Basis = PolynomialBasis;

double cubic(double x) { return 2 * x * x * x - x; }

template <typename T>
std::vector<T> equispaced(std::size_t n) {
  std::vector<T> x;
  for (std::size_t i = 0; i < n; ++i) {
    x.push_back(static_cast<T>(-1 + 2 * static_cast<double>(i) / static_cast<double>(n - 1)));
  }
  return x;
}

// Of column `column` of the predictions.
template <typename T, typename Target>
double mean_square(const Matrix<T>& predictions, std::size_t column, const Target& target) {
  double sum = 0;
  for (std::size_t i = 0; i < predictions.rows(); ++i) {
    const double error = static_cast<double>(predictions(i, column)) - target(i);
    sum += error * error;
  }
  return sum / static_cast<double>(predictions.rows());
}

constexpr std::array<std::size_t, 30> kFixedFeatures = {1,  2,  3,  4,  5,  6,  7,  8,   9,   10,
                                                        11, 12, 13, 14, 15, 16, 17, 18,  19,  20,
                                                        22, 24, 28, 32, 48, 64, 96, 128, 256, 1000};
constexpr std::array<double, 8> kLambdas = {0, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10};

template <typename T>
void fit_fixed(Basis basis, FixedTable& table) {
  const std::size_t n = 16;
  const std::vector<T> x = equispaced<T>(n), grid = equispaced<T>(1001);
  Matrix<T> y(n, 1);
  for (std::size_t i = 0; i < n; ++i) {
    y(i, 0) = static_cast<T>(cubic(static_cast<double>(x[i])) + (i % 2 == 0 ? .2 : -.2));
  }
  for (const std::size_t d : kFixedFeatures) {
    const auto features = polynomial_features<T>(basis, x, 0, d);
    const auto on_grid = polynomial_features<T>(basis, grid, 0, d);
    const RidgeFactors<T> factors = factor_ridge(features, y);
    for (const double lambda : kLambdas) {
      const Ridge<T> fit = ridge(factors, lambda);
      const auto train = matmul(features.view(), fit.x.view());
      const auto test = matmul(on_grid.view(), fit.x.view());
      double square = 0;
      for (const T value : fit.x.values()) {
        square += static_cast<double>(value) * static_cast<double>(value);
      }
      table.fits.push_back(
          {static_cast<double>(d), lambda,
           mean_square(train, 0, [&](std::size_t i) { return static_cast<double>(y(i, 0)); }),
           mean_square(test, 0, [&](std::size_t i) { return cubic(static_cast<double>(grid[i])); }),
           std::sqrt(square), static_cast<double>(factors.svd.values.back()),
           static_cast<double>(factors.svd.values.front()), static_cast<double>(fit.rank)});
    }
  }
}

double target(const DrawDesign& design, double x) {
  return design.cosine ? 2 * x + std::cos(25 * x) : cubic(x);
}

std::size_t draws_of(const DrawDesign& design, std::size_t features) {
  return features > 100 ? design.draws_of_many : design.draws;
}

// Of one draw, one point: the test error of each method, training error and norm of the first.
constexpr std::size_t kNumbers = kMethods.size() + 2;

// What all draws are tested on: features and targets.
struct Grid {
  Matrix<double> features;
  std::vector<double> targets{};
};

// One random sample and its features.
struct Sample {
  Matrix<double> features, y;
};

Sample draw_sample(const DrawDesign& design, std::size_t features, Rng rng) {
  std::vector<double> x(design.n);
  for (double& value : x) value = 2 * rng.uniform() - 1;
  Sample sample{polynomial_features<double>(Basis::kLegendre, x, design.first_degree, features),
                Matrix<double>(design.n, 1)};
  for (std::size_t i = 0; i < design.n; ++i) {
    sample.y(i, 0) = target(design, x[i]) + (design.cosine ? 0 : .2 * rng.normal());
  }
  return sample;
}

// Mean squared errors of each column of predictions on the grid.
std::vector<double> grid_errors(const Matrix<double>& predictions, const Grid& grid) {
  std::vector<double> sums(predictions.cols());
  for (std::size_t i = 0; i < predictions.rows(); ++i) {
    const std::span<const double> row = predictions.row(i);
    for (std::size_t j = 0; j < sums.size(); ++j) {
      sums[j] += (row[j] - grid.targets[i]) * (row[j] - grid.targets[i]);
    }
  }
  for (double& sum : sums) sum /= static_cast<double>(predictions.rows());
  return sums;
}

// The numbers of all points of draw begin, then of the next one. Draws share a product with the grid,
// which on the few columns of one draw would be the longest part of the work.
std::vector<double> fit_draws(const DrawDesign& design, std::size_t begin, std::size_t end,
                              const Grid& grid, const Rng& rng) {
  std::vector<Sample> samples;
  for (std::size_t draw = begin; draw < end; ++draw) {
    std::size_t most = 0;
    for (const std::size_t d : design.features) {
      if (draw < draws_of(design, d)) most = std::max(most, d);
    }
    samples.push_back(draw_sample(design, most, rng.split(draw)));
  }
  std::vector<std::vector<double>> numbers(samples.size());
  for (const std::size_t d : design.features) {
    const std::size_t draws = std::clamp(draws_of(design, d), begin, end) - begin;
    Matrix<double> w(d, draws * kMethods.size());
    std::vector<double> train, norm;
    for (std::size_t draw = 0; draw < draws; ++draw) {
      const Sample& sample = samples[draw];
      const auto features = sample.features.view().block(0, 0, design.n, d);
      const RidgeFactors<double> factors = factor_ridge(features, sample.y);
      for (std::size_t method = 0; method < kMethods.size(); ++method) {
        const Ridge<double> fit = ridge(factors, kMethods[method].lambda, kMethods[method].cutoff);
        for (std::size_t j = 0; j < d; ++j) w(j, draw * kMethods.size() + method) = fit.x(j, 0);
        if (method > 0) continue;
        const auto fitted = matmul(features, fit.x.view());
        train.push_back(mean_square(fitted, 0, [&](std::size_t i) { return sample.y(i, 0); }));
        double square = 0;
        for (const double value : fit.x.values()) square += value * value;
        norm.push_back(std::sqrt(square));
      }
    }
    const std::vector<double> test =
        grid_errors(matmul(grid.features.view().block(0, 0, design.grid, d), w.view()), grid);
    for (std::size_t draw = 0; draw < draws; ++draw) {
      const auto first = test.begin() + static_cast<std::ptrdiff_t>(draw * kMethods.size());
      numbers[draw].insert(numbers[draw].end(), first, first + kMethods.size());
      numbers[draw].push_back(train[draw]);
      numbers[draw].push_back(norm[draw]);
    }
  }
  std::vector<double> all;
  for (const auto& one : numbers) all.insert(all.end(), one.begin(), one.end());
  return all;
}

constexpr std::size_t kDrawsPerCell = 50;

}  // namespace

std::vector<FixedTable> run_fixed(Run& run) {
  std::vector<FixedTable> tables;
  for (const Basis basis : {Basis::kLegendre, Basis::kOrthonormalLegendre, Basis::kMonomial}) {
    for (const bool single : {false, true}) {
      FixedTable table{std::string(to_text(basis)), single};
      const std::size_t count = kFixedFeatures.size() * kLambdas.size() * kValues<FixedFit>;
      table.fits =
          unpack<FixedFit>(run.cell(fmt::format("1a, {}{}", table.basis, single ? ", float" : ""),
                                    kFixedSeconds / 6, count, [&] {
                                      FixedTable made = table;
                                      if (single) {
                                        fit_fixed<float>(basis, made);
                                      } else {
                                        fit_fixed<double>(basis, made);
                                      }
                                      return pack(made.fits);
                                    }));
      tables.push_back(std::move(table));
    }
  }
  return tables;
}

double draw_seconds(const DrawDesign& design) {
  double sum = 0;
  for (const std::size_t d : design.features) {
    sum += static_cast<double>(draws_of(design, d)) * (1e-4 + 3e-6 * static_cast<double>(d));
  }
  return sum;
}

DrawTable run_draws(const DrawDesign& design, Run& run) {
  DrawTable table{design};
  const std::size_t most = *std::ranges::max_element(design.features);
  const std::vector<double> at = equispaced<double>(design.grid);
  Grid grid{polynomial_features<double>(Basis::kLegendre, at, design.first_degree, most)};
  for (const double x : at) grid.targets.push_back(target(design, x));
  const Chunks chunks{design.draws, kDrawsPerCell};
  std::vector<std::vector<double>> numbers(chunks.count());
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    std::size_t count = 0;
    for (std::size_t draw = chunks.begin(chunk); draw < chunks.end(chunk); ++draw) {
      for (const std::size_t d : design.features) {
        count += draw < draws_of(design, d) ? kNumbers : 0;
      }
    }
    numbers[chunk] =
        run.cell(fmt::format("{}, draws from {}", design.name, chunks.begin(chunk)),
                 draw_seconds(design) / static_cast<double>(chunks.count()), count, [&] {
                   return fit_draws(design, chunks.begin(chunk), chunks.end(chunk), grid,
                                    run.rng().split(design.name));
                 });
  });
  for (const std::size_t d : design.features) table.points.push_back({.features = d, .test = {}});
  for (std::size_t chunk = 0; chunk < chunks.count(); ++chunk) {
    auto next = numbers[chunk].begin();
    for (std::size_t draw = chunks.begin(chunk); draw < chunks.end(chunk); ++draw) {
      for (DrawPoint& point : table.points) {
        if (draw >= draws_of(design, point.features)) continue;
        for (auto& test : point.test) test.push_back(*next++);
        point.train.push_back(*next++);
        point.norm.push_back(*next++);
      }
    }
  }
  return table;
}

}  // namespace surplus::apps::double_descent
