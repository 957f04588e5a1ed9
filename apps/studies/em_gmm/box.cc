#include "apps/studies/em_gmm/box.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "apps/runner/cells.h"
#include "apps/studies/em_gmm/truth.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/population.h"

namespace surplus::apps::em_gmm {
namespace {

constexpr double kTolerance = 1e-9;
constexpr std::size_t kIterations = 20000;
// A cell of the run is at most this many starts: a second or two.
constexpr std::size_t kStartsPerCell = 125;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr std::array<Model, 2> kModels = {Model::kEm1, Model::kEm2};
constexpr std::size_t kRing = 14;
constexpr std::size_t kPathSteps = 200;

// Sums over some of the starts of P-EM-B.
struct BoxSums {
  double em1_identity = 0, em1_best = 0, em2_identity = 0, em2_best = 0;
  double em1_iterations = 0, em2_iterations = 0, unfinished = 0;
  double spurious = 0;
  std::array<double, 2> sum{};
  std::array<double, 2> smallest = {kInfinity, kInfinity};
  std::array<double, 2> largest = {-kInfinity, -kInfinity};
};

// Starts first .. last - 1 of a cell of P-EM-B.
BoxSums run_starts(const BoxDesign& design, std::size_t first, std::size_t last, const Rng& rng) {
  const GaussianMixture truth = separated_truth(design.separation, design.weight);
  const WeightedPoints nodes = population_nodes(truth, design.intervals);
  const auto fit = [&](Model model) {
    std::vector<GaussianMixture> starts;
    for (std::size_t i = first; i < last; ++i) {
      Rng draws = rng.split(i);
      const auto coordinate = [&] { return -2 + (design.separation + 4) * draws.uniform(); };
      const double theta1 = coordinate();
      const double theta2 = coordinate();
      starts.push_back(start_at(truth, model, {{theta1}, {theta2}}));
    }
    GmmConfig config = em_config(model, starts.front(), kTolerance, kIterations);
    config.sample_weights = nodes.weights;
    return fit_gmm_many(nodes.x, config, starts);
  };
  BoxSums sums;
  for (const GmmResult& em1 : fit(Model::kEm1)) {
    const Errors found = errors(truth, em1.mixture);
    sums.em1_best += found.best <= kPopulationThreshold;
    sums.em1_iterations += static_cast<double>(em1.iterations);
    sums.unfinished += em1.stop != Stop::kConverged;
    if (found.identity <= kPopulationThreshold) {
      sums.em1_identity += 1;
      continue;
    }
    sums.spurious += 1;
    for (std::size_t i = 0; i < 2; ++i) {
      const double limit = em1.mixture.means(i, 0);
      sums.sum[i] += limit;
      sums.smallest[i] = std::min(sums.smallest[i], limit);
      sums.largest[i] = std::max(sums.largest[i], limit);
    }
  }
  for (const GmmResult& em2 : fit(Model::kEm2)) {
    const Errors found = errors(truth, em2.mixture);
    sums.em2_identity += found.identity <= kPopulationThreshold;
    sums.em2_best += found.best <= kPopulationThreshold;
    sums.em2_iterations += static_cast<double>(em2.iterations);
    sums.unfinished += em2.stop != Stop::kConverged;
  }
  return sums;
}

std::vector<double> compute_paths(std::size_t intervals) {
  const GaussianMixture truth = separated_truth(2, 0.7);
  const WeightedPoints nodes = population_nodes(truth, intervals);
  std::vector<double> values;
  for (std::size_t i = 0; i < kRing; ++i) {
    // Half a step from the diagonal, on which the two means could never part.
    const double angle = 2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / kRing;
    const double theta1 = 1 + 2.6 * std::cos(angle + std::numbers::pi / 4);
    const double theta2 = 1 + 2.6 * std::sin(angle + std::numbers::pi / 4);
    for (const Model model : kModels) {
      GmmConfig config =
          em_config(model, start_at(truth, model, {{theta1}, {theta2}}), 0, kPathSteps);
      config.sample_weights = nodes.weights;
      config.keep_trace = true;
      config.keep_path = true;
      for (const double value : path_values(fit_gmm(nodes.x, config), kPathSteps)) {
        values.push_back(value);
      }
    }
  }
  return values;
}

}  // namespace

double seconds(const BoxDesign& design) {
  // Mean iterations of EM_1 and EM_2 together, as measured.
  const double iterations = 40 + 4400 / std::pow(design.separation, 4);
  return static_cast<double>(design.starts) * em_seconds(design.intervals, 2, iterations);
}

BoxCell run_box(const BoxDesign& design, Run& run) {
  const std::string name =
      fmt::format("separation {}, w {}", to_text(design.separation), to_text(design.weight));
  const Rng rng = run.rng().split("P-EM-B").split(name);
  const Chunks batches{design.starts, kStartsPerCell};
  BoxSums sums;
  for (std::size_t b = 0; b < batches.count(); ++b) {
    BoxDesign batch = design;
    batch.starts = batches.end(b) - batches.begin(b);
    const auto compute = [&] {
      return pack(std::vector{run_starts(design, batches.begin(b), batches.end(b), rng)});
    };
    const BoxSums part = unpack<BoxSums>(run.cell(fmt::format("P-EM-B, {}, batch {}", name, b),
                                                  seconds(batch), kValues<BoxSums>, compute))
                             .front();
    sums.em1_identity += part.em1_identity;
    sums.em1_best += part.em1_best;
    sums.em2_identity += part.em2_identity;
    sums.em2_best += part.em2_best;
    sums.em1_iterations += part.em1_iterations;
    sums.em2_iterations += part.em2_iterations;
    sums.unfinished += part.unfinished;
    sums.spurious += part.spurious;
    for (std::size_t i = 0; i < 2; ++i) {
      sums.sum[i] += part.sum[i];
      sums.smallest[i] = std::min(sums.smallest[i], part.smallest[i]);
      sums.largest[i] = std::max(sums.largest[i], part.largest[i]);
    }
  }
  const double starts = static_cast<double>(design.starts);
  return {.design = design,
          .name = name,
          .em1_identity = sums.em1_identity / starts,
          .em1_best = sums.em1_best / starts,
          .em2_identity = sums.em2_identity / starts,
          .em2_best = sums.em2_best / starts,
          .em1_iterations = sums.em1_iterations / starts,
          .em2_iterations = sums.em2_iterations / starts,
          .unfinished = sums.unfinished,
          .spurious = {sums.sum[0] / sums.spurious, sums.sum[1] / sums.spurious},
          .spurious_spread =
              std::max(sums.largest[0] - sums.smallest[0], sums.largest[1] - sums.smallest[1])};
}

std::vector<Path> run_box_paths(std::size_t intervals, Run& run) {
  constexpr std::size_t kSize = path_size(kPathSteps);
  const std::vector<double> values =
      run.cell("paths, two means", kBoxPathsSeconds, 2 * kRing * kSize,
               [&] { return compute_paths(intervals); });
  std::vector<Path> paths;
  for (std::size_t i = 0; i < 2 * kRing; ++i) {
    paths.push_back(path_of(kModels[i % 2], std::span(values).subspan(i * kSize, kSize)));
  }
  return paths;
}

}  // namespace surplus::apps::em_gmm
