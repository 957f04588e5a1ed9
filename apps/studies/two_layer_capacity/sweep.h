/// The networks of one image set, and what their curves against the width say.
#ifndef SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_SWEEP_H_
#define SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_SWEEP_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/report/statistic.h"
#include "apps/runner/run.h"
#include "apps/studies/two_layer_capacity/network.h"

namespace surplus::apps::two_layer_capacity {

/// Widths from which on the paper compares bounds.
inline constexpr std::size_t kWide = 64;

struct SweepDesign {
  std::string set;
  std::size_t side = 0;     ///< SetFacts::inputs()
  std::size_t samples = 0;  ///< of the sweep over widths, not 0
  std::vector<std::uint64_t> widths = {};
  std::size_t label_samples = 0;  ///< of true beside random labels, not 0
  std::vector<std::uint64_t> label_widths = {};
  std::size_t seeds = 0;
  Protocol protocol = {};
};

/// Networks of several widths, which ascend, and of the same seeds.
struct Sweep {
  std::size_t samples = 0;
  std::vector<double> widths = {};
  std::vector<std::vector<Network>> networks = {};  ///< [width][seed]

  /// One value of each width, by seed.
  template <typename Value>
  std::vector<std::vector<double>> curves(const Value& value) const {
    std::vector<std::vector<double>> all(networks.empty() ? 0 : networks.front().size());
    for (const std::vector<Network>& seeds : networks) {
      for (std::size_t s = 0; s < seeds.size(); ++s) all[s].push_back(value(seeds[s]));
    }
    return all;
  }
};

struct SetResult {
  std::string name, title;
  std::size_t inputs = 0, test_samples = 0;
  Sweep sweep;
  Sweep true_labels, random_labels;  ///< of the same widths
};

double sweep_seconds(const SweepDesign& design);

/// Trains what is not saved, several networks at once.
SetResult run_sweep(const SweepDesign& design, Run& run);

/// Spearman's rank correlation, ties sharing the mean of their ranks. NaN if all x or y are equal.
double rank_correlation(std::span<const double> x, std::span<const double> y);

}  // namespace surplus::apps::two_layer_capacity

#endif  // SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_SWEEP_H_
