#include "apps/studies/double_descent.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/studies/double_descent/data.h"
#include "apps/studies/double_descent/render.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace double_descent;
using Config = DoubleDescent::Config;

std::vector<std::size_t> sizes(const std::vector<std::uint64_t>& values) {
  return {values.begin(), values.end()};
}

void require_range(const char* name, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  SURPLUS_REQUIRE(value >= least && value <= most, ArgumentError, "double-descent",
                  fmt::format("{} must be at least {} and at most {}", name, least, most), name,
                  value);
}

void require_increasing(const char* name, const std::vector<std::uint64_t>& values,
                        std::uint64_t least, std::uint64_t most) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    require_range(name, values[i], least, most);
    SURPLUS_REQUIRE(i == 0 || values[i] > values[i - 1], ArgumentError, "double-descent",
                    fmt::format("{} must increase", name), name, values[i]);
  }
}

void check(const Config& config) {
  require_range("linear_trials", config.linear_trials, 2, 100000000);
  require_increasing("fourier_n", config.fourier_n, 20, 60000);
  SURPLUS_REQUIRE(config.fourier_n.size() == config.fourier_seeds.size(), ArgumentError,
                  "double-descent", "fourier_seeds must be one for each of fourier_n",
                  "fourier_seeds", config.fourier_seeds.size(), "fourier_n",
                  config.fourier_n.size());
  for (const std::uint64_t seeds : config.fourier_seeds) {
    require_range("fourier_seeds", seeds, 0, 1000);
  }
  require_increasing("grid_n", config.grid_n, 20, 60000);
  require_increasing("network_n", config.network_n, 20, 60000);
  SURPLUS_REQUIRE(config.network_n.size() == config.network_seeds.size(), ArgumentError,
                  "double-descent", "network_seeds must be one for each of network_n",
                  "network_seeds", config.network_seeds.size(), "network_n",
                  config.network_n.size());
  for (const std::uint64_t seeds : config.network_seeds) {
    require_range("network_seeds", seeds, 0, 1000);
  }
  require_range("variant_seeds", config.variant_seeds, 1, 1000);
  require_range("network_epochs", config.network_epochs, 1, 1000000);
  require_increasing("network_widths", config.network_widths, 1, 100000);
  SURPLUS_REQUIRE(
      config.images == "mnist" || config.images == "fashion-mnist" || config.images == "digits",
      ArgumentError, "double-descent", "images must be mnist, fashion-mnist or digits", "images",
      config.images);
}

DrawDesign random_design(const Config& config) {
  DrawDesign design{.name = "1b"};
  for (std::size_t d = 1; d <= 20; ++d) design.features.push_back(d);
  for (const std::size_t d : {24, 28, 32, 48, 64, 128, 256, 512, 1000}) {
    design.features.push_back(d);
  }
  design.draws = config.polynomial_draws;
  design.draws_of_many = (config.polynomial_draws + 4) / 5;
  return design;
}

DrawDesign cosine_design(const Config& config, std::size_t n) {
  DrawDesign design{
      .name = fmt::format("1c, n={}", n), .n = n, .first_degree = 1, .cosine = true, .grid = 1000};
  for (std::size_t d = 1; d <= 25; ++d) design.features.push_back(d);
  for (const std::size_t d : {30, 40, 50, 100, 200}) design.features.push_back(d);
  design.draws = design.draws_of_many = config.cosine_draws;
  return design;
}

// Of n: around the threshold, and far from it on either side.
constexpr std::array kRatios = {.05,  .1,  .3,  .5,  .8,  .9,  .95, 1.0,
                                1.05, 1.1, 1.2, 1.5, 2.0, 4.0, 6.0, 8.0};
// The paper's, in thousands, for n = 10^4; and two beside the threshold.
constexpr std::array kPaperFeatures = {.2, .5,  1.,  1.5,  2.,  2.5, 3.,  5.,  6.,  7.,  8.,
                                       9., 9.8, 10., 10.2, 11., 12., 13., 14., 20., 40., 60.};

FourierDesign fourier_design(const std::string& images, std::size_t n, std::size_t seed,
                             RandomFeature kind) {
  FourierDesign design{images, n, seed, kind};
  // The bandwidth that is 5 for 784 pixels is to a smaller image as the root of their number.
  if (images == "digits") design.sigma = 5 * std::sqrt(64 / 784.0);
  const auto add = [&](double count) {
    // In pairs of features, which are never odd.
    const auto whole = static_cast<std::size_t>(std::round(count / 2)) * 2;
    if (design.features.empty() || whole > design.features.back()) design.features.push_back(whole);
  };
  if (n == 10000) {
    for (const double thousands : kPaperFeatures) add(1000 * thousands);
  } else {
    for (const double ratio : kRatios) add(std::max(2.0, ratio * static_cast<double>(n)));
  }
  return design;
}

// `images` are those there are.
std::vector<FourierDesign> fourier_designs(const Config& config, const std::string& images) {
  std::vector<FourierDesign> designs;
  for (std::size_t i = 0; i < config.fourier_n.size(); ++i) {
    // The bundled digits have 1347 rows to train on.
    const std::size_t n =
        images == "digits" ? std::min<std::size_t>(config.fourier_n[i], 1000) : config.fourier_n[i];
    if (!designs.empty() && designs.back().n == n) continue;
    for (std::size_t seed = 0; seed < config.fourier_seeds[i]; ++seed) {
      designs.push_back(fourier_design(images, n, seed, RandomFeature::kFourier));
    }
    if (!config.fourier_forms || config.fourier_seeds[i] == 0) continue;
    designs.push_back(fourier_design(images, n, 0, RandomFeature::kFourierPairs));
    designs.push_back(fourier_design(images, n, 0, RandomFeature::kFourierComplex));
  }
  return designs;
}

std::vector<FourierDesign> grid_designs(const Config& config) {
  std::vector<FourierDesign> designs;
  if (!config.grid) return designs;
  const std::vector<std::size_t> ns = sizes(config.grid_n);
  for (const std::size_t n : ns) {
    FourierDesign design{"fashion-mnist", n};
    design.features = ns;
    design.features.insert(design.features.begin(), {ns.front() / 10 + 1, ns.front() / 2 + 2});
    design.features.insert(design.features.end(), {2 * ns.back(), 4 * ns.back()});
    designs.push_back(std::move(design));
  }
  return designs;
}

std::vector<NetworkDesign> network_designs(const Config& config) {
  std::vector<NetworkDesign> designs;
  for (std::size_t i = 0; i < config.network_n.size(); ++i) {
    const std::uint64_t n = config.network_n[i];
    if (config.network_seeds[i] == 0) continue;
    NetworkDesign design{.name = fmt::format("n={}, reuse", n),
                         .n = n,
                         .rate = n >= 1000 ? 0.002 : 0.001,
                         .epochs = config.network_epochs,
                         .seeds = config.network_seeds[i],
                         .widths = sizes(config.network_widths)};
    designs.push_back(design);
    if (!config.network_variants || i > 0) continue;
    design.seeds = config.variant_seeds;
    design.reuse = false;
    design.name = fmt::format("n={}, no reuse", n);
    designs.push_back(design);
    design.noise = .2;
    design.name = fmt::format("n={}, no reuse, 20 % noise", n);
    designs.push_back(design);
    design.decay = 1e-4;
    design.name = fmt::format("n={}, no reuse, 20 % noise, decay 1e-4", n);
    designs.push_back(design);
  }
  if (!config.network_full) return designs;
  NetworkDesign full{
      .name = "n=4000, reuse",
      .n = 4000,
      .halved = false,
      .epochs = 6000,
      .seeds = 5,
      .widths = {4, 5, 8, 12, 18, 24, 28, 36, 44, 48, 50, 52, 55, 60, 70, 100, 200, 300, 1000}};
  designs.push_back(full);
  full.reuse = false;
  full.name = "n=4000, no reuse";
  designs.push_back(full);
  for (const auto& [noise, decay] : {std::pair{.1, 0.0}, {.2, 0.0}, {.2, 1e-4}}) {
    full.noise = noise;
    full.decay = decay;
    full.name = fmt::format("n=4000, no reuse, {:g} % noise{}", 100 * noise,
                            decay > 0 ? ", decay 1e-4" : "");
    designs.push_back(full);
  }
  return designs;
}

bool has_variants(const Config& config) {
  return config.network_variants && !config.network_n.empty() && config.network_seeds.front() > 0;
}

NetworkDesign epochs_design(const Config& config) {
  const std::uint64_t n = config.network_n.front();
  return {.name = fmt::format("n={}, H=100, 20 % noise, epochs", n),
          .n = n,
          .reuse = false,
          .noise = .2,
          .epochs = config.network_epochs,
          .seeds = 1,
          .widths = {100}};
}

}  // namespace

DoubleDescent::Config DoubleDescent::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.polynomial_draws = 100;
      config.linear_trials = 500;
      config.cosine_draws = 0;
      config.fourier_n = {500};
      config.fourier_seeds = {1};
      config.grid = false;
      config.network_n = {500};
      config.network_seeds = {3};
      config.network_widths = {2, 4, 8, 12, 16, 20, 24, 26, 32};
      config.network_variants = false;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.cosine_draws = 30;
      config.require_images = true;
      config.fourier_n = {10000};
      config.fourier_seeds = {1};
      config.fourier_forms = true;
      config.network_full = true;
      break;
  }
  return config;
}

double DoubleDescent::seconds(const Config& config) {
  check(config);
  double sum = kFixedSeconds + linear_seconds(config.linear_trials);
  if (config.polynomial_draws > 0) sum += draw_seconds(random_design(config));
  if (config.cosine_draws > 0) sum += 2 * draw_seconds(cosine_design(config, 16));
  for (const FourierDesign& design : fourier_designs(config, config.images)) {
    sum += fourier_seconds(design) + (design.seed == 0 ? 1 : 0);
  }
  for (const FourierDesign& design : grid_designs(config)) sum += fourier_seconds(design);
  for (const NetworkDesign& design : network_designs(config)) sum += network_seconds(design);
  if (has_variants(config)) {
    sum += network_seconds(epochs_design(config));
  }
  return sum;
}

DoubleDescent::Result DoubleDescent::run(const Config& config, Run& run) {
  check(config);
  Result result;
  const auto has = [&](const std::string& images) {
    if (config.require_images || images == "digits" || is_present(images, run.data_directory)) {
      return true;
    }
    if (std::ranges::find(result.absent, images) == result.absent.end()) {
      result.absent.push_back(images);
    }
    return false;
  };
  result.fixed = run_fixed(run);
  if (config.polynomial_draws > 0) result.random = run_draws(random_design(config), run);
  if (config.cosine_draws > 0) {
    for (const std::size_t n : {15, 16}) {
      result.cosine.push_back(run_draws(cosine_design(config, n), run));
    }
  }
  result.linear = run_linear(config.linear_trials, run);
  if (!fourier_designs(config, config.images).empty()) {
    const std::string images = has(config.images) ? config.images : "digits";
    for (const FourierDesign& design : fourier_designs(config, images)) {
      result.fourier.push_back(run_fourier(design, run));
      if (result.limits.empty() || result.limits.back().design.n != design.n) {
        result.limits.push_back({design, run_kernel_limit(design, run)});
      }
    }
  }
  if (config.grid && has("fashion-mnist")) {
    for (const FourierDesign& design : grid_designs(config)) {
      result.grid.push_back(run_fourier(design, run));
    }
  }
  if (!network_designs(config).empty() && has("mnist")) {
    for (const NetworkDesign& design : network_designs(config)) {
      result.networks.push_back(run_network(design, run));
    }
    if (has_variants(config)) {
      result.epochs_of = epochs_design(config);
      result.epochs = run_epochs(*result.epochs_of, run);
    }
  }
  return result;
}

Rendering DoubleDescent::render(const Config&, const Result& result) {
  Rendering rendering;
  render_fourier(result, rendering);  // whose first figure is the one to look at first
  render_polynomials(result, rendering);
  render_networks(result, rendering);
  return rendering;
}

}  // namespace surplus::apps
