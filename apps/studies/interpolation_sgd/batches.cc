#include "apps/studies/interpolation_sgd/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "apps/data/image_sets.h"
#include "apps/data/lookup.h"
#include "surplus/linalg/matmul.h"

namespace surplus::apps::interpolation_sgd {
namespace {

constexpr double kFall = 1e-6;
constexpr std::size_t kClasses = 10;
// How many more steps than passes allow large batches get, which are not to save examples.
constexpr std::size_t kMoreSteps = 20000;

// exp(-|x - z|^2 / (2 width^2)) and exp(-|x - z| / width), of pixels in [0, 1]. The widths of MNIST
// are those of the paper's authors; those of the digits stand to their distances as these do.
struct KernelKind {
  const char* set;
  const char* name;
  double width;
};
constexpr KernelKind kKernels[] = {{"mnist", "Gaussian", 5},
                                   {"mnist", "Laplace", 10},
                                   {"digits", "Gaussian", 1.5},
                                   {"digits", "Laplace", 3}};

struct Problem {
  Matrix<double> gram;
  Matrix<double> targets;  // 1 at the label, else 0
};

Problem problem(const KernelKind& kind, const Images& images) {
  const std::size_t n = images.x.rows(), d = images.x.cols();
  Matrix<double> x(n, d);
  std::ranges::copy(images.x.values(), x.values().begin());
  Problem p{matmul(x, x, {.transpose_b = true}), Matrix<double>(n, kClasses)};
  std::vector<double> squares(n);
  for (std::size_t i = 0; i < n; ++i) squares[i] = p.gram(i, i);
  const bool gaussian = std::string_view(kind.name) == "Gaussian";
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double square = std::max(0.0, squares[i] + squares[j] - 2 * p.gram(i, j));
      const double value = gaussian ? std::exp(-square / (2 * kind.width * kind.width))
                                    : std::exp(-std::sqrt(square) / kind.width);
      p.gram(i, j) = p.gram(j, i) = i == j ? 1 : value;
    }
    p.targets(i, images.labels[i]) = 1;
  }
  return p;
}

double mean_square(const Matrix<double>& residuals) {
  double sum = 0;
  for (const double r : residuals.values()) sum += r * r;
  return sum / static_cast<double>(residuals.rows());
}

// One run: the steps to the target (NaN if there are not enough), and the errors after one and five
// passes.
struct Descent {
  double steps = std::numeric_limits<double>::quiet_NaN();
  double after_1 = 0, after_5 = 0;
};

Descent descend(const Problem& p, double rate, std::size_t m, double target, std::size_t most,
                Rng rng) {
  const std::size_t n = p.gram.rows();
  Matrix<double> residuals(n, kClasses), rows(m, n), drawn(m, kClasses);
  std::ranges::transform(p.targets.values(), residuals.values().begin(), std::negate<>());
  const std::size_t pass = std::max<std::size_t>(1, n / m);
  // At small m the error is looked at forty times a pass.
  const std::size_t look = std::max<std::size_t>(1, pass / 40);
  Descent result;
  for (std::size_t step = 1; step <= most; ++step) {
    for (std::size_t i = 0; i < m; ++i) {
      const std::size_t row = rng.below(n);
      std::ranges::copy(p.gram.row(row), rows.row(i).begin());
      std::ranges::copy(residuals.row(row), drawn.row(i).begin());
    }
    matmul(rows, drawn, residuals,
           {.transpose_a = true, .alpha = -rate / static_cast<double>(m), .beta = 1});
    const bool after_1 = step == pass, after_5 = step == 5 * pass;
    if (!after_1 && !after_5 && step % look != 0) continue;
    const double error = mean_square(residuals);
    if (after_1) result.after_1 = error;
    if (after_5) result.after_5 = error;
    if (std::isnan(result.steps) && error < target) result.steps = static_cast<double>(step);
    if (!std::isnan(result.steps) && step >= 5 * pass) break;
  }
  return result;
}

// As measured on one core, of one run: all take about as many steps as gradient descent, or
// fewer examples.
double seconds_of(const KernelDesign& design, double n, double m) {
  const double steps = std::min(static_cast<double>(design.epochs) * n / m, 3000.0 + 8 * n / m);
  return steps * n * (2e-9 * m + 4e-9) * static_cast<double>(design.seeds);
}

std::vector<std::size_t> batch_sizes(std::size_t n) {
  std::vector<std::size_t> sizes;
  for (std::size_t m = 1; m <= n / 2; m *= 2) sizes.push_back(m);
  return sizes;
}

KernelSweep run_kernel(const KernelKind& kind, const KernelDesign& design, Run& run) {
  std::optional<Problem> made;

  const auto get = [&]() -> const Problem& {
    if (!made) {
      const ImageSet images = open_images(kind.set, run.data_directory);
      std::vector<std::size_t> rows(std::min(design.examples, images.train.size()));
      std::iota(rows.begin(), rows.end(), std::size_t{0});
      made = problem(kind, unit_images(images.train, rows));
    }
    return *made;
  };
  KernelSweep sweep{.set = kind.set, .kernel = kind.name, .bandwidth = kind.width};
  const std::string name =
      fmt::format("{}, {} kernel, {} examples", kind.set, kind.name, design.examples);
  const std::vector<double> facts = run.cell(name + ", spectrum", 1, 4, [&] {
    const GramSpectrum spectrum = estimate_gram_spectrum(get().gram);
    return std::vector<double>{static_cast<double>(get().gram.rows()), spectrum.beta,
                               spectrum.largest, spectrum.smallest};
  });
  sweep.examples = static_cast<std::size_t>(facts[0]);
  sweep.spectrum = {facts[1], facts[2], facts[3]};
  sweep.critical = critical_batch(sweep.spectrum);
  const std::size_t most = design.epochs * sweep.examples;
  for (const std::size_t m : batch_sizes(sweep.examples)) {
    const std::string at = fmt::format("{}, target {:g}, m {}", name, design.target, m);
    const Rng rng = run.rng().split(at);
    const BatchStep step = batch_step(sweep.spectrum, m);
    const std::vector<double> values =
        run.cell(at, seconds_of(design, facts[0], static_cast<double>(m)), 3 * design.seeds, [&] {
          std::vector<double> all;
          for (std::size_t seed = 0; seed < design.seeds; ++seed) {
            if (run.stopping()) throw Interrupted{};
            const Descent one =
                descend(get(), step.rate, m, design.target, most / m + kMoreSteps, rng.split(seed));
            all.insert(all.end(), {one.steps, one.after_1, one.after_5});
          }
          return all;
        });
    KernelPoint point{.m = static_cast<double>(m), .rate = step.rate};
    const auto count = static_cast<double>(design.seeds);
    for (std::size_t i = 0; i < values.size(); i += 3) {
      point.steps += values[i] / count;
      point.error_after_1 += values[i + 1] / count;
      point.error_after_5 += values[i + 2] / count;
    }
    for (std::size_t i = 0; i < values.size(); i += 3) {
      point.steps_error += std::pow(values[i] - point.steps, 2);
    }
    point.steps_error = count > 1 ? std::sqrt(point.steps_error / (count - 1) / count) : 0;
    sweep.points.push_back(point);
  }
  return sweep;
}

}  // namespace

bool is_present(const std::string& set, const std::filesystem::path& data) {
  const Dataset& dataset = dataset_named(set);
  return std::ranges::all_of(dataset.files, [&](const DatasetFile& file) {
    return locate(dataset, file, data).has_value();
  });
}

BoundSweep bound_sweep(std::size_t dimension) {
  constexpr double kSmallest = 1e-3;
  BoundSweep sweep;
  const auto d = static_cast<double>(dimension);
  sweep.spectrum = {.beta = d * (1 + kSmallest) / 2, .largest = 1, .smallest = kSmallest};
  sweep.critical = critical_batch(sweep.spectrum);
  const auto steps_at = [](double contraction) { return std::log(kFall) / std::log(contraction); };
  const double kappa = sweep.spectrum.largest / sweep.spectrum.smallest;
  sweep.descent_steps = steps_at(std::pow((kappa - 1) / (kappa + 1), 2));
  for (std::size_t m = 1; m <= 16384; m *= 2) {
    const BatchStep step = batch_step(sweep.spectrum, m);
    sweep.points.push_back(
        {static_cast<double>(m), step.rate, step.contraction, steps_at(step.contraction)});
  }
  return sweep;
}

double kernel_seconds(const KernelDesign& design) {
  double sum = 0;
  for (const std::string& set : design.sets) {
    for (const KernelKind& kind : kKernels) {
      if (kind.set != set) continue;
      sum += 1;
      for (const std::size_t m : batch_sizes(design.examples)) {
        sum += seconds_of(design, static_cast<double>(design.examples), static_cast<double>(m));
      }
    }
  }
  return sum;
}

std::vector<KernelSweep> run_kernels(const KernelDesign& design, Run& run) {
  std::vector<KernelSweep> sweeps;
  for (const std::string& set : design.sets) {
    if (!design.require_data && !is_present(set, run.data_directory)) continue;
    for (const KernelKind& kind : kKernels) {
      if (kind.set == set) sweeps.push_back(run_kernel(kind, design, run));
    }
  }
  return sweeps;
}

}  // namespace surplus::apps::interpolation_sgd
