#include "apps/studies/two_layer_capacity/sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "surplus/core/parallel.h"

namespace surplus::apps::two_layer_capacity {
namespace {

// Each network once, though the sweep over widths may hold those with true labels as well.
std::vector<NetworkDesign> networks_of(const SweepDesign& design) {
  std::vector<NetworkDesign> networks;
  const auto add = [&](std::size_t samples, bool random, const std::vector<std::uint64_t>& widths) {
    for (const std::uint64_t width : widths) {
      for (std::size_t seed = 0; seed < design.seeds; ++seed) {
        const NetworkDesign network{samples, random, width, seed};
        if (std::ranges::find(networks, network) == networks.end()) networks.push_back(network);
      }
    }
  };
  add(design.samples, false, design.widths);
  add(design.label_samples, false, design.label_widths);
  add(design.label_samples, true, design.label_widths);
  return networks;
}

std::vector<double> ranks(std::span<const double> x) {
  std::vector<double> ranks;
  ranks.reserve(x.size());
  for (const double value : x) {
    double below = 0, equal = 0;
    for (const double other : x) below += other < value, equal += other == value;
    ranks.push_back(below + (equal + 1) / 2);
  }
  return ranks;
}

}  // namespace

double sweep_seconds(const SweepDesign& design) {
  const SetFacts& facts = facts_of(design.set);
  double sum = 0;
  for (const NetworkDesign& network : networks_of(design)) {
    sum += network_seconds(facts, facts.inputs(design.side), network, design.protocol);
  }
  return sum;
}

SetResult run_sweep(const SweepDesign& design, Run& run) {
  const SetFacts& facts = facts_of(design.set);
  const ImageExamples images = load_images(facts, std::max(design.samples, design.label_samples),
                                           design.side, run.data_directory);
  std::vector<NetworkDesign> designs = networks_of(design);
  // The longest first, so that the threads end together.
  const auto cost = [&](const NetworkDesign& network) {
    return network_seconds(facts, images.train.x.cols(), network, design.protocol);
  };
  std::ranges::stable_sort(designs, std::ranges::greater(), cost);
  std::vector<Network> networks(designs.size());
  parallel_for(designs.size(), [&](std::size_t i) {
    networks[i] = run_network(facts, images, designs[i], design.protocol, run);
  });
  const auto assemble = [&](std::size_t samples, bool random,
                            const std::vector<std::uint64_t>& widths) {
    Sweep sweep{.samples = samples};
    for (const std::uint64_t width : widths) {
      sweep.widths.push_back(static_cast<double>(width));
      std::vector<Network>& seeds = sweep.networks.emplace_back();
      for (std::size_t seed = 0; seed < design.seeds; ++seed) {
        const auto found = std::ranges::find(designs, NetworkDesign{samples, random, width, seed});
        seeds.push_back(networks[static_cast<std::size_t>(found - designs.begin())]);
      }
    }
    return sweep;
  };
  return {.name = design.set,
          .title = images.title,
          .inputs = images.train.x.cols(),
          .test_samples = images.test.labels.size(),
          .sweep = assemble(design.samples, false, design.widths),
          .true_labels = assemble(design.label_samples, false, design.label_widths),
          .random_labels = assemble(design.label_samples, true, design.label_widths)};
}

double rank_correlation(std::span<const double> x, std::span<const double> y) {
  const std::vector<double> a = ranks(x), b = ranks(y);
  const double mean = (static_cast<double>(x.size()) + 1) / 2;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace surplus::apps::two_layer_capacity
