#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/two_layer_capacity.h"
#include "apps/studies/two_layer_capacity/figures.h"

namespace surplus::apps {
namespace {

using namespace two_layer_capacity;
using Result = TwoLayerCapacity::Result;

// What a table says of each width: a mean over seeds with its standard error.
struct Quantity {
  const char* name;
  double Network::*value;
};

constexpr std::array kTraining = {
    Quantity{"epochs", &Network::epochs},         Quantity{"running_loss", &Network::running_loss},
    Quantity{"train_loss", &Network::train_loss}, Quantity{"train_error", &Network::train_error},
    Quantity{"test_error", &Network::test_error}, Quantity{"margin", &Network::margin}};
constexpr std::array kNorms = {Quantity{"mean_capacity", &Network::mean_capacity},
                               Quantity{"mean_impact", &Network::mean_impact},
                               Quantity{"u_distance", &Network::u_distance},
                               Quantity{"v_distance", &Network::v_distance},
                               Quantity{"u_frobenius", &Network::u_frobenius},
                               Quantity{"v_frobenius", &Network::v_frobenius},
                               Quantity{"u_spectral", &Network::u_spectral},
                               Quantity{"v_spectral", &Network::v_spectral},
                               Quantity{"u_row_distances", &Network::u_row_distances},
                               Quantity{"median_angle", &Network::median_angle}};

struct NamedSweep {
  const SetResult* set;
  const char* labels;
  const Sweep* sweep;
};

// All sweeps; those with true labels of other samples, or widths, are a second sweep.
std::vector<NamedSweep> sweeps_of(const Result& result) {
  std::vector<NamedSweep> sweeps;
  for (const SetResult& set : result.sets) {
    sweeps.push_back({&set, "true", &set.sweep});
    if (set.random_labels.widths.empty()) continue;
    if (set.true_labels.samples != set.sweep.samples) {
      sweeps.push_back({&set, "true", &set.true_labels});
    }
    sweeps.push_back({&set, "random", &set.random_labels});
  }
  return sweeps;
}

template <typename Value>
Statistic statistic_at(const Sweep& sweep, std::size_t w, const Value& value) {
  return statistic(sweep.networks[w], value);
}

// A row per set, labels, samples and width.
template <typename Values>
Table width_table(std::string name, std::string title, const Result& result,
                  const std::vector<std::string>& quantities, const Values& values) {
  std::vector<Column> columns = {{"set"}, {"labels"}, {"samples"}, {"width"}, {"seeds"}};
  for (const std::string& quantity : quantities) {
    columns.push_back({quantity});
    columns.push_back({quantity + "_se"});
  }
  Table table = table_of(std::move(name), std::move(title), columns);
  for (const NamedSweep& named : sweeps_of(result)) {
    for (std::size_t w = 0; w < named.sweep->widths.size(); ++w) {
      std::vector<Table::Cell> row = {
          named.set->name, named.labels, static_cast<double>(named.sweep->samples),
          named.sweep->widths[w], static_cast<double>(named.sweep->networks[w].size())};
      for (std::size_t q = 0; q < quantities.size(); ++q) {
        const Statistic mean =
            statistic_at(*named.sweep, w, [&](const Network& n) { return values(n, q); });
        row.emplace_back(mean.mean);
        row.emplace_back(mean.standard_error);
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

template <std::size_t kCount>
Table quantity_table(std::string name, std::string title, const Result& result,
                     const std::array<Quantity, kCount>& quantities) {
  std::vector<std::string> names;
  names.reserve(kCount);
  for (const Quantity& quantity : quantities) names.emplace_back(quantity.name);
  return width_table(std::move(name), std::move(title), result, names,
                     [&](const Network& n, std::size_t q) { return n.*(quantities[q].value); });
}

Table bounds_table(std::string name, std::string title, const Result& result,
                   std::array<double, kBounds> Network::*bounds) {
  return width_table(std::move(name), std::move(title), result,
                     {"vc", "max_row_l1", "frobenius", "spectral_l1", "spectral_frobenius", "ours"},
                     [&](const Network& n, std::size_t q) { return (n.*bounds)[q]; });
}

Table terms_table(const Result& result) {
  return width_table(
      "terms", "Table 1: the terms of measures 4, 5 and 6, and the two sides of theorem 1", result,
      {"u_spectral_v_row_distances", "u_row_distances_v_spectral", "u_spectral_v_distance",
       "u_distance_v_spectral_sqrt_h", "u_start_spectral_v_frobenius", "u_distance_v_frobenius",
       "equation_6", "equation_7"},
      [](const Network& n, std::size_t q) {
        return q < 6 ? n.terms[q] : q == 6 ? n.unit_rademacher : n.layer_rademacher;
      });
}

}  // namespace

Rendering TwoLayerCapacity::render(const Config&, const Result& result) {
  Rendering rendering;
  rendering.tables = {
      quantity_table("training", "Trained networks: means over seeds", result, kTraining),
      quantity_table("norms", "Norms, unit capacities and impacts, angles in degrees", result,
                     kNorms),
      bounds_table("bounds", "Bounds C on sqrt(C/m), as the theorems say", result,
                   &Network::bounds),
      bounds_table("bounds-code", "The same as the authors' code has them", result,
                   &Network::code_bounds),
      bounds_table("measures", "Table 1: measures without constants", result, &Network::measures),
      terms_table(result)};
  rendering.figures = figures_of(result.sets);
  return rendering;
}

}  // namespace surplus::apps
