#include "apps/studies/sop/grid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "apps/runner/cells.h"
#include "surplus/core/parallel.h"
#include "surplus/noise/sop.h"

namespace surplus::apps::sop {
namespace {

constexpr double kSweepRate = 0.4;
constexpr std::size_t kAsleepEpochs = 10;

std::vector<Design> designs_of(const GridDesign& grid, const NoiseDesign& noise) {
  const bool mapped = noise.noise == Noise::kPair || noise.noise == Noise::kAsymmetric;
  std::vector<Design> designs;
  for (const Method method : grid.methods) {
    for (std::size_t seed = 0; seed < grid.seeds; ++seed) {
      designs.push_back({.task = grid.images.name,
                         .noise = noise.noise,
                         .rate = noise.rate,
                         .method = method,
                         .seed = seed,
                         .epochs = grid.epochs,
                         .cosine = grid.cosine,
                         .batch = grid.batch,
                         .learning_rate = grid.learning_rate,
                         .alpha_u = grid.alpha_u,
                         .alpha_v = mapped ? grid.asymmetric_alpha_v : grid.alpha_v,
                         .start_scale = grid.start_scale});
    }
  }
  return designs;
}

struct AlphaCase {
  double alpha_u, alpha_v, start_scale;
};
constexpr AlphaCase kAlphaCases[] = {{10, 10, 1e-8},   {1, 10, 1e-8},    {30, 30, 1e-8},
                                     {100, 100, 1e-8}, {300, 300, 1e-8}, {30, 30, 1e-4},
                                     {100, 100, 1e-4}, {300, 300, 1e-4}, {300, 300, 1e-2}};

Design sweep_design(const SweepDesign& sweep, Method method) {
  return {.task = std::string(kSynthetic),
          .rate = kSweepRate,
          .method = method,
          .epochs = sweep.epochs};
}

std::vector<Design> alpha_designs(const SweepDesign& sweep) {
  std::vector<Design> designs;
  if (!sweep.alphas) return designs;
  for (const double rate : {0.05, 0.02}) {
    designs.push_back(sweep_design(sweep, Method::kCrossEntropy));
    designs.back().learning_rate = rate;
    for (const AlphaCase& one : kAlphaCases) {
      Design& design = designs.emplace_back(sweep_design(sweep, Method::kSop));
      design.learning_rate = rate;
      design.alpha_u = one.alpha_u;
      design.alpha_v = one.alpha_v;
      design.start_scale = one.start_scale;
    }
  }
  return designs;
}

std::vector<Design> batch_designs(const SweepDesign& sweep) {
  std::vector<Design> designs;
  if (!sweep.batches) return designs;
  for (const std::size_t batch : {64, 128, 256}) {
    Design& design = designs.emplace_back(sweep_design(sweep, Method::kSop));
    const double factor = static_cast<double>(batch) / static_cast<double>(design.batch);
    design.batch = batch;
    design.learning_rate *= factor;
    design.alpha_u *= factor;
    design.alpha_v *= factor;
  }
  return designs;
}

std::vector<Design> check_designs(const SweepDesign& sweep) {
  Design asleep = sweep_design(sweep, Method::kSop);
  asleep.epochs = kAsleepEpochs;
  asleep.alpha_u = 0.1;
  asleep.alpha_v = 1;
  asleep.start_scale = 1e-8;
  Design entropy = sweep_design(sweep, Method::kCrossEntropy);
  entropy.epochs = kAsleepEpochs;
  Design still = sweep_design(sweep, Method::kSop);
  still.alpha_u = still.alpha_v = 0;
  return {asleep, entropy, still};
}

// Each once, though a sweep may hold what the grid holds.
std::vector<Design> all_designs(const std::vector<GridDesign>& grids, const SweepDesign& sweep) {
  std::vector<Design> all;
  const auto add = [&](const std::vector<Design>& designs) {
    for (const Design& design : designs) {
      if (std::ranges::find(all, design) == all.end()) all.push_back(design);
    }
  };
  for (const GridDesign& grid : grids) {
    for (const NoiseDesign& noise : grid.noises) add(designs_of(grid, noise));
  }
  add(alpha_designs(sweep));
  add(batch_designs(sweep));
  add(check_designs(sweep));
  return all;
}

using Sizes = std::map<std::string, TaskSize>;

Sizes sizes_of(const std::vector<GridDesign>& grids) {
  Sizes sizes = {{std::string(kSynthetic), synthetic_size()}};
  for (const GridDesign& grid : grids) {
    if (grid.images.name != kSynthetic) sizes.emplace(grid.images.name, size_of(grid.images));
  }
  return sizes;
}

}  // namespace

const std::vector<Training>* Group::find(Method method) const {
  const auto found = std::ranges::find(methods, method);
  return found == methods.end() ? nullptr
                                : &trainings[static_cast<std::size_t>(found - methods.begin())];
}

Trainings run_trainings(const std::vector<GridDesign>& grids, const SweepDesign& sweep,
                        double state_seconds, Run& run) {
  const Sizes sizes = sizes_of(grids);
  std::vector<Design> designs = all_designs(grids, sweep);
  std::ranges::stable_sort(designs, std::ranges::greater(), [&](const Design& design) {
    return training_seconds(design, sizes.at(design.task));
  });
  // The synthetic task is drawn anew for each seed.
  std::map<std::pair<std::string, std::size_t>, Task> tasks;
  const auto key_of = [](const Design& design) {
    return std::pair(design.task, design.task == kSynthetic ? design.seed : 0);
  };
  for (const GridDesign& grid : grids) {
    if (grid.images.name == kSynthetic) continue;
    tasks.emplace(std::pair(grid.images.name, 0), image_task(grid.images, run.data_directory));
  }
  for (const Design& design : designs) {
    if (tasks.contains(key_of(design))) continue;
    tasks.emplace(key_of(design), synthetic_task(run.rng().split("task").split(design.seed)));
  }
  std::vector<Training> trained(designs.size());
  parallel_for(designs.size(), [&](std::size_t i) {
    trained[i] = run_training(tasks.at(key_of(designs[i])), designs[i], state_seconds, run);
  });
  const auto training_of = [&](const Design& design) {
    return trained[static_cast<std::size_t>(std::ranges::find(designs, design) - designs.begin())];
  };
  const auto trainings_of = [&](const std::vector<Design>& some) {
    std::vector<Training> found;
    std::ranges::transform(some, std::back_inserter(found), training_of);
    return found;
  };
  Trainings all;
  for (const GridDesign& grid : grids) {
    const std::string& title = tasks.at({grid.images.name, 0}).title;
    for (const NoiseDesign& noise : grid.noises) {
      Group& made = all.groups.emplace_back(Group{.task = grid.images.name,
                                                  .title = title,
                                                  .noise = noise.noise,
                                                  .rate = noise.rate,
                                                  .samples = sizes.at(grid.images.name).samples});
      const std::vector<Training> every = trainings_of(designs_of(grid, noise));
      for (std::size_t m = 0; m < grid.methods.size(); ++m) {
        made.methods.push_back(grid.methods[m]);
        const auto begin = every.begin() + static_cast<std::ptrdiff_t>(m * grid.seeds);
        made.trainings.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(grid.seeds));
      }
    }
  }
  all.alphas = trainings_of(alpha_designs(sweep));
  all.batches = trainings_of(batch_designs(sweep));
  const std::vector<Training> checks = trainings_of(check_designs(sweep));
  all.asleep = checks[0];
  all.asleep_entropy = checks[1];
  all.still = checks[2];
  return all;
}

double trainings_seconds(const std::vector<GridDesign>& grids, const SweepDesign& sweep) {
  const Sizes sizes = sizes_of(grids);
  double sum = 0;
  for (const Design& design : all_designs(grids, sweep)) {
    sum += training_seconds(design, sizes.at(design.task));
  }
  return sum;
}

std::vector<ClockPoint> run_clock(Run& run) {
  const auto compute = [] {
    std::vector<ClockPoint> points;
    // alpha_v and start at B = 128: growths 1.0625, 1.3125, 4.125 of the published settings, and of
    // the synthetic task's.
    constexpr std::array<std::array<double, 2>, 7> kCases = {
        {{2, 1e-8}, {10, 1e-8}, {100, 1e-8}, {1, 1e-4}, {30, 1e-4}, {100, 1e-4}, {300, 1e-4}}};
    for (const auto& [alpha, start] : kCases) {
      constexpr std::size_t kBatch = 128;
      const SopConfig config{.alpha_u = 0, .alpha_v = alpha, .start_scale = start};
      SopConfig alone = config;  // in a batch of its own
      alone.alpha_v /= kBatch;
      const Matrix<double> scores = {{2, 0, 0}};
      const std::vector<std::size_t> labels = {1}, rows = {0};
      SopState<double> state{Matrix<double>(1, 1, start), Matrix<double>(1, 3, start)};
      ClockPoint point{.alpha_v = alpha,
                       .batch = kBatch,
                       .start_scale = start,
                       .predicted = sop_visits_v(config, kBatch),
                       .pure = std::log(std::sqrt(0.5) / start) / std::log(1 + 4 * alpha / kBatch),
                       .measured = 0};
      while (state.v(0, 0) * state.v(0, 0) <= 0.5 && point.measured < 1e4) {
        ad::Tape<double> tape;
        sop_step<double>(alone, tape.leaf(scores.view()), labels, rows, state);
        point.measured += 1;
      }
      points.push_back(point);
    }
    return pack(points);
  };
  return unpack<ClockPoint>(run.cell("clock", kClockSeconds, 7 * kValues<ClockPoint>, compute));
}

}  // namespace surplus::apps::sop
