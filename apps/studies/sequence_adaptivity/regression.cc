#include "apps/studies/sequence_adaptivity/regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/sequence/early_stopping.h"

namespace surplus::apps::sequence_adaptivity {
namespace {

constexpr double kFrequency = 7.5;
constexpr TimeGrid kFixedGrid = {1, 4, 4 * 20 + 1};
constexpr std::size_t kRunsPerCell = 2;
constexpr std::size_t kValues = 3;  // per run and kernel: error, time, 1 if the minimum is inside
constexpr std::size_t kRunDepths = 3;

TorusBasis basis_of(const TorusDesign& design) { return {2, design.frequencies}; }

struct Sample {
  Matrix<double> x;
  std::vector<double> y;
};

Sample draw(std::size_t n, double noise, const Rng& rng) {
  Sample sample{Matrix<double>(n, 2), std::vector<double>(n)};
  Rng points = rng.split("x");
  points.fill_uniform(sample.x.values());
  for (double& value : sample.x.values()) value = 2 * value - 1;
  Rng noises = rng.split("noise");
  noises.fill_normal(sample.y);
  for (std::size_t i = 0; i < n; ++i) {
    sample.y[i] = std::sin(kFrequency * std::numbers::pi * sample.x(i, 0)) + noise * sample.y[i];
  }
  return sample;
}

// ||f - f*||^2 of each row of coefficients: in the basis, and what of f* is outside it. ||f*||^2 is
// 1/2.
std::vector<double> errors_of(const Matrix<double>& path, const std::vector<double>& truth) {
  double outside = 0.5;
  for (const double c : truth) outside -= c * c;
  std::vector<double> errors(path.rows(), outside);
  for (std::size_t i = 0; i < path.rows(); ++i) {
    for (std::size_t j = 0; j < path.cols(); ++j) {
      errors[i] += (path(i, j) - truth[j]) * (path(i, j) - truth[j]);
    }
  }
  return errors;
}

// The noise of one coefficient.
double noise_of(const TorusDesign& design, std::size_t n) {
  return design.noise / std::sqrt(static_cast<double>(n));
}

// The best times of adaptive kernels, from 1/16 to 4 times that of theory.
TimeGrid adaptive_grid(const TorusDesign& design, std::size_t depth, std::size_t n) {
  return {theory_stop(depth, noise_of(design, n)) / 16, 8, 8 * 6 + 1};
}

double layers_at(const TorusDesign& design, std::size_t depth, std::size_t n) {
  return theory_layer_start(depth, noise_of(design, n), design.layer_start);
}

// kValues each: of the fixed kernel, then of each depth.
std::vector<double> run_one(const TorusDesign& design, std::size_t n, const Rng& rng) {
  const TorusBasis basis = basis_of(design);
  const std::vector<double> eigenvalues = torus_eigenvalues(basis, design.smoothness);
  const std::vector<double> truth = true_coefficients(basis);
  const Sample sample = draw(n, design.noise, rng);
  std::vector<double> values;
  const auto add = [&](const TimeGrid& grid, const Matrix<double>& path) {
    const StopTime stop = oracle_stop(grid, errors_of(path, truth));
    values.insert(values.end(), {stop.error, stop.time, stop.interior ? 1.0 : 0.0});
  };
  add(kFixedGrid, fit_fixed_kernel(basis, eigenvalues, sample.x, sample.y, times_of(kFixedGrid)));
  for (const std::uint64_t depth : design.depths) {
    const TimeGrid grid = adaptive_grid(design, depth, n);
    add(grid, fit_adaptive_kernel(basis, eigenvalues, sample.x, sample.y,
                                  {.depth = depth,
                                   .b0 = layers_at(design, depth, n),
                                   .step = design.step,
                                   .times = times_of(grid)}));
  }
  return values;
}

// As measured: the eigendecomposition and its products with the basis, and the steps until `time`.
double fixed_kernel_seconds(double n, double size) { return 3e-9 * n * n * n + 3e-8 * n * size; }
double adaptive_kernel_seconds(const TorusDesign& design, double n, double size, double time) {
  return 1.5e-10 * n * size * time / design.step;
}

// Of one run.
double seconds_per_run(const TorusDesign& design, std::size_t n) {
  const auto rows = static_cast<double>(n), size = static_cast<double>(basis_of(design).size());
  double sum = fixed_kernel_seconds(rows, size);
  for (const std::uint64_t depth : design.depths) {
    sum += adaptive_kernel_seconds(design, rows, size,
                                   times_of(adaptive_grid(design, depth, n)).back());
  }
  return sum;
}

// Of kernel `which`, 0 for the fixed one.
TorusPoint point_of(std::size_t n, const std::vector<double>& values, std::size_t kernels,
                    std::size_t which) {
  const std::size_t stride = kernels * kValues;
  const std::size_t runs = values.size() / stride;
  const auto count = static_cast<double>(runs);
  TorusPoint point{.n = static_cast<double>(n)};
  for (std::size_t i = which * kValues; i < values.size(); i += stride) {
    point.error += values[i] / count;
    point.time += values[i + 1] / count;
    point.interior += values[i + 2] / count;
  }
  double squares = 0;
  for (std::size_t i = which * kValues; i < values.size(); i += stride) {
    squares += (values[i] - point.error) * (values[i] - point.error);
  }
  point.standard_error = count > 1 ? std::sqrt(squares / (count - 1) / count) : 0;
  return point;
}

void fit(TorusCurve& curve) {
  std::vector<double> x;
  std::vector<double> y;
  for (const TorusPoint& point : curve.points) {
    x.push_back(std::log10(point.n));
    y.push_back(std::log10(point.error));
  }
  curve.fit = fit_line(x, y);
}

std::vector<double> grid_times(double last) {
  std::vector<double> times = {1};
  while (times.back() * std::exp2(0.125) <= last * 1.0001) {
    times.push_back(times.back() * std::exp2(0.125));
  }
  return times;
}

}  // namespace

std::vector<double> true_coefficients(const TorusBasis& basis) {
  std::vector<double> coefficients(basis.size());
  const std::size_t per_dimension = 2 * basis.frequencies + 1;
  const std::size_t stride = basis.size() / per_dimension;  // of the first dimension
  const auto sinc = [](double v) {
    return std::sin(std::numbers::pi * v) / (std::numbers::pi * v);
  };
  for (std::size_t m = 1; m <= basis.frequencies; ++m) {
    const auto frequency = static_cast<double>(m);
    coefficients[(2 * m - 1) * stride] =
        (sinc(kFrequency - frequency) - sinc(kFrequency + frequency)) / std::numbers::sqrt2;
  }
  return coefficients;
}

double torus_seconds(const TorusDesign& design) {
  double sum = 0;
  for (const std::uint64_t n : design.n) {
    sum += seconds_per_run(design, n) * static_cast<double>(design.repetitions);
  }
  return sum;
}

TorusRates run_torus(const TorusDesign& design, Run& run) {
  const std::size_t kernels = 1 + design.depths.size();
  TorusRates rates;
  if (design.n.empty()) return rates;
  rates.adaptive.resize(design.depths.size());
  for (const std::uint64_t n : design.n) {
    const std::string name = fmt::format("figure 5, n {}", n);
    const Rng rng = run.rng().split(name);
    const Chunks batches{design.repetitions, kRunsPerCell};
    std::vector<double> values;
    for (std::size_t b = 0; b < batches.count(); ++b) {
      const std::size_t first = batches.begin(b);
      const std::size_t runs = batches.end(b) - first;
      const double seconds = seconds_per_run(design, n) * static_cast<double>(runs);
      const std::size_t count = kernels * kValues;
      const std::vector<double> part =
          run.cell(fmt::format("{}, batch {}", name, b), seconds, runs * count, [&] {
            std::vector<double> all(runs * count);
            parallel_for(runs, [&](std::size_t r) {
              const std::vector<double> one = run_one(design, n, rng.split(first + r));
              std::copy(one.begin(), one.end(),
                        all.begin() + static_cast<std::ptrdiff_t>(r * count));
            });
            return all;
          });
      values.insert(values.end(), part.begin(), part.end());
    }
    rates.fixed.points.push_back(point_of(n, values, kernels, 0));
    for (std::size_t d = 0; d < design.depths.size(); ++d) {
      rates.adaptive[d].points.push_back(point_of(n, values, kernels, 1 + d));
    }
  }
  fit(rates.fixed);
  for (TorusCurve& curve : rates.adaptive) fit(curve);
  return rates;
}

double torus_run_seconds(const TorusDesign& design) {
  if (design.n.empty()) return 0;
  const auto n = static_cast<double>(design.n.back());
  const auto size = static_cast<double>(basis_of(design).size());
  return fixed_kernel_seconds(n, size) +
         kRunDepths * adaptive_kernel_seconds(design, n, size, design.curve_time);
}

TorusRun run_torus_run(const TorusDesign& design, Run& run) {
  TorusRun result;
  if (design.n.empty()) return result;
  const std::size_t n = design.n.back();
  const TorusBasis basis = basis_of(design);
  result.times = grid_times(design.curve_time);
  const std::size_t count = result.times.size();
  const Rng rng = run.rng().split("one run on the torus");
  std::vector<double> values = run.cell(
      fmt::format("figures 5 and 6, one run, n {}", n), torus_run_seconds(design),
      (1 + kRunDepths) * count + basis.size(), [&] {
        const std::vector<double> eigenvalues = torus_eigenvalues(basis, design.smoothness);
        const std::vector<double> truth = true_coefficients(basis);
        const Sample sample = draw(n, design.noise, rng);
        std::vector<std::vector<double>> curves(1 + kRunDepths);
        parallel_for(curves.size(), [&](std::size_t i) {
          if (i == 0) {
            curves[i] = errors_of(
                fit_fixed_kernel(basis, eigenvalues, sample.x, sample.y, result.times), truth);
            return;
          }
          const std::size_t depth = i - 1;
          const double b0 = layers_at(design, depth, n);
          curves[i] =
              errors_of(fit_adaptive_kernel(
                            basis, eigenvalues, sample.x, sample.y,
                            {.depth = depth, .b0 = b0, .step = design.step, .times = result.times}),
                        truth);
        });
        std::vector<double> all;
        for (const std::vector<double>& curve : curves) {
          all.insert(all.end(), curve.begin(), curve.end());
        }
        const Matrix<double> features = torus_features(basis, sample.x);
        for (std::size_t j = 0; j < basis.size(); ++j) {
          double sum = 0;
          for (std::size_t i = 0; i < n; ++i) sum += features(i, j) * sample.y[i];
          all.push_back(sum / static_cast<double>(n));
        }
        return all;
      });
  const auto piece = [&](std::size_t from, std::size_t length) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(from);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(length));
  };
  result.fixed = piece(0, count);
  for (std::size_t depth = 0; depth < kRunDepths; ++depth) {
    result.adaptive.push_back(piece((1 + depth) * count, count));
  }
  const std::vector<double> coefficients = piece((1 + kRunDepths) * count, basis.size());
  std::vector<std::size_t> order(basis.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return basis.squared_frequency(i) < basis.squared_frequency(j);
  });
  for (const std::size_t j : order) result.coefficients.push_back(std::abs(coefficients[j]));
  return result;
}

}  // namespace surplus::apps::sequence_adaptivity
