#include "apps/studies/classifier_width.h"

#include <fmt/format.h>

#include <cmath>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace classifier_width;
using Config = ClassifierWidth::Config;

constexpr std::string_view kStudy = ClassifierWidth::kName;
// Of students with 200 examples, in s.d. of the target.
constexpr double kFewNoise = 0.5;

void require_count(const char* name, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  SURPLUS_REQUIRE(value >= least && value <= most, ArgumentError, kStudy,
                  fmt::format("{} must be at least {} and at most {}", name, least, most), name,
                  value);
}

void require_increasing(const char* name, const std::vector<std::uint64_t>& values,
                        std::uint64_t most) {
  SURPLUS_REQUIRE(!values.empty(), ArgumentError, kStudy,
                  fmt::format("{} must not be empty", name));
  for (std::size_t i = 0; i < values.size(); ++i) {
    require_count(name, values[i], 1, most);
    SURPLUS_REQUIRE(i == 0 || values[i] > values[i - 1], ArgumentError, kStudy,
                    fmt::format("{} must increase", name), name, values[i]);
  }
}

void require_numbers(const char* name, const std::vector<double>& values, double most) {
  for (const double value : values) {
    SURPLUS_REQUIRE(value > 0 && value <= most, ArgumentError, kStudy,
                    fmt::format("{} must be above 0 and at most {}", name, most), name, value);
  }
  require_distinct(kStudy, name, values);
}

void check(const Config& config) {
  constexpr std::uint64_t kMostUnits = 100000, kMostUpdates = 100000000000;
  require_count("polynomial_draws", config.polynomial_draws, 1, 1000000);
  require_count("ridge_draws", config.ridge_draws, 1, 1000000);
  require_increasing("curve_units", config.curve_units, kMostUnits);
  require_count("curve_seeds", config.curve_seeds, 0, 100000);
  require_count("curve_updates", config.curve_updates, 1, kMostUpdates);
  require_numbers("curve_rate", {config.curve_rate}, 100);
  require_increasing("many_units", config.many_units, kMostUnits);
  require_count("many_seeds", config.many_seeds, 1, 100000);
  require_count("many_updates", config.many_updates, 1, kMostUpdates);
  require_numbers("decays", config.decays, 100);
  require_numbers("held_out", {config.held_out}, 0.9);
  require_count("fewer_updates", config.fewer_updates, 1, kMostUpdates);
  require_count("members", config.members, 1, 1000);
  require_increasing("few_units", config.few_units, kMostUnits);
  require_count("few_seeds", config.few_seeds, 1, 100000);
  require_count("few_updates", config.few_updates, 1, kMostUpdates);
  require_numbers("complexities", config.complexities, 1000);
  require_count("class_examples", config.class_examples, 10, 100000);
  require_increasing("class_widths", config.class_widths, kMostUnits);
  require_count("class_seeds", config.class_seeds, 0, 100000);
  require_numbers("flipped", {config.flipped}, 0.5);
  if (!config.lawrence_examples.empty()) {
    require_increasing("lawrence_examples", config.lawrence_examples, 10000000);
  }
  require_numbers("lawrence_complexities", config.lawrence_complexities, 1000);
  require_increasing("lawrence_units", config.lawrence_units, kMostUnits);
  require_count("lawrence_runs", config.lawrence_runs, 1, 100000);
  require_count("lawrence_updates", config.lawrence_updates, 1, kMostUpdates);
}

std::vector<std::size_t> sizes(const std::vector<std::uint64_t>& values) {
  return {values.begin(), values.end()};
}

CurveDesign curve_design(const Config& config) {
  return {config.curve_updates, config.curve_seeds, config.curve_rate, sizes(config.curve_units)};
}

StudentDesign many_design(const Config& config, double noise = 1) {
  return {.name = fmt::format("B, n=2000, noise {:g}", noise),
          .n = 2000,
          .noise = noise,
          .updates = config.many_updates,
          .seeds = config.many_seeds,
          .widths = sizes(config.many_units),
          .members = config.members};
}

StudentDesign decayed_design(const Config& config, double decay) {
  StudentDesign design = many_design(config);
  design.name += fmt::format(", decay {:g}", decay);
  design.decay = decay;
  design.members = 1;
  return design;
}

StudentDesign stopped_design(const Config& config) {
  StudentDesign design = many_design(config);
  design.name += ", stopped early";
  design.held_out = config.held_out;
  design.members = 1;
  return design;
}

StudentDesign shortened_design(const Config& config) {
  StudentDesign design = many_design(config);
  design.name += fmt::format(", {} updates", config.fewer_updates);
  design.updates = config.fewer_updates;
  design.members = 1;
  return design;
}

StudentDesign few_design(const Config& config, double complexity, double noise) {
  return {.name = fmt::format("B, n=200, K={:g}, noise {:g}", complexity, noise),
          .n = 200,
          .complexity = complexity,
          .noise = noise,
          .updates = config.few_updates,
          .seeds = config.few_seeds,
          .widths = sizes(config.few_units)};
}

std::vector<StudentDesign> lawrence_designs(const Config& config) {
  std::vector<StudentDesign> designs;
  for (const std::uint64_t n : config.lawrence_examples) {
    for (const double complexity : config.lawrence_complexities) {
      for (const double noise : {0.0, kFewNoise}) {
        designs.push_back(
            {.name = fmt::format("paper, n={}, K={:g}, noise {:g}", n, complexity, noise),
             .n = n,
             .complexity = complexity,
             .noise = noise,
             .updates = config.lawrence_updates,
             .seeds = config.lawrence_runs,
             .widths = sizes(config.lawrence_units)});
      }
    }
  }
  return designs;
}

ClassDesign class_design(const Config& config) {
  return {config.class_examples, config.flipped, config.class_seeds, sizes(config.class_widths)};
}

constexpr double kCurvesSeconds = 0.05;

// A sample, the polynomials through it and a network of 50 units.
Curves run_curves(const Config& config, Run& run) {
  const std::vector<double> orders = {2, 5, 10, 20};
  const std::size_t count = kPoints + (orders.size() + 1) * kGridPoints;
  const std::vector<double> values = run.cell("A, curves", kCurvesSeconds, count, [&] {
    const Rng rng = run.rng().split("A, curves");
    const Curves drawn = draw_curves(rng, orders);
    std::vector<double> all = drawn.sample;
    for (const auto& curve : drawn.curves) all.insert(all.end(), curve.begin(), curve.end());
    const auto network = fitted_curve(curve_design(config), 50, drawn.sample, rng, run);
    all.insert(all.end(), network.begin(), network.end());
    return all;
  });
  Curves curves{{values.begin(), values.begin() + kPoints}, orders, {}};
  for (auto from = values.begin() + kPoints; from != values.end(); from += kGridPoints) {
    curves.curves.emplace_back(from, from + kGridPoints);
  }
  return curves;
}

}  // namespace

Config ClassifierWidth::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.ridge_draws = 200;
      config.curve_units = {1, 3, 5, 10, 20, 50};
      config.curve_seeds = 20;
      config.many_seeds = 3;
      config.decays = {1e-2};
      config.members = 1;
      config.few_units = {2, 6, 8, 10, 12, 20, 50, 100};
      config.few_seeds = 10;
      config.complexities = {};
      config.class_examples = 200;
      config.class_widths = {5, 20, 50, 100, 160, 190, 200, 210, 240, 400, 1600};
      config.class_seeds = 5;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.curve_rate = 0.5;
      config.lawrence_examples = {200, 2000, 20000};
      break;
  }
  return config;
}

double ClassifierWidth::seconds(const Config& config) {
  check(config);
  double sum = 2e-4 * static_cast<double>(config.polynomial_draws) +
               1e-4 * static_cast<double>(config.ridge_draws) + kCurvesSeconds +
               curve_seconds(curve_design(config)) + 2 * student_seconds(many_design(config)) +
               2 * student_seconds(few_design(config, 1, 0)) + class_seconds(class_design(config));
  if (config.controls) {
    for (const double decay : config.decays) sum += student_seconds(decayed_design(config, decay));
    sum += student_seconds(stopped_design(config)) + student_seconds(shortened_design(config));
  }
  for (const double complexity : config.complexities) {
    sum += 2 * student_seconds(few_design(config, complexity, 0));
  }
  for (const StudentDesign& design : lawrence_designs(config)) sum += student_seconds(design);
  return sum;
}

ClassifierWidth::Result ClassifierWidth::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.polynomials = run_polynomials(config.polynomial_draws, run);
  result.ridge = run_ridge(config.ridge_draws, run);
  result.curves = run_curves(config, run);
  if (config.curve_seeds > 0) result.curve_students = run_curve_students(curve_design(config), run);
  result.many = run_students(many_design(config), run);
  result.many_clean = run_students(many_design(config, 0), run);
  if (config.controls) {
    for (const double decay : config.decays) {
      result.decayed.push_back(run_students(decayed_design(config, decay), run));
    }
    result.stopped = run_students(stopped_design(config), run);
    result.shortened = run_students(shortened_design(config), run);
  }
  result.few = run_students(few_design(config, 1, kFewNoise), run);
  result.few_clean = run_students(few_design(config, 1, 0), run);
  for (const double complexity : config.complexities) {
    for (const double noise : {kFewNoise, 0.0}) {
      result.complex.push_back(run_students(few_design(config, complexity, noise), run));
    }
  }
  if (config.class_seeds > 0) result.classes = run_classes(class_design(config), run);
  for (const StudentDesign& design : lawrence_designs(config)) {
    result.lawrence.push_back(run_students(design, run));
  }
  return result;
}

}  // namespace surplus::apps
