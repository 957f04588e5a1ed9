#define BOOST_TEST_MODULE interpolation_sgd
#include "apps/studies/interpolation_sgd.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/interpolation_sgd/reference.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus::apps {
namespace {

using namespace interpolation_sgd;
using Config = InterpolationSgd::Config;
using Result = InterpolationSgd::Result;

const std::atomic<bool> kGoOn = false;

// Every experiment that needs no download, at the smallest size.
Config tiny_config() {
  Config config;
  config.chains = 60;
  config.chain_steps = 700;
  config.long_chains = 4;
  config.long_steps = 20000;
  config.kernel_sets = "digits";
  config.kernel_examples = 40;
  config.kernel_seeds = 2;
  config.kernel_target = 0.3;
  config.momentum_runs = 60;
  config.momentum_steps = 200;
  config.noise_epochs = 20;
  config.network_epochs = 0;
  return config;
}

Result run_with(std::size_t threads) {
  set_thread_count(threads);
  Run run(7, {}, kGoOn, [](const Run::Cell&) {});
  Result result = InterpolationSgd::run(tiny_config(), run);
  set_thread_count(0);
  return result;
}

const Result& tiny_result() {
  static const Result result = run_with(1);
  return result;
}

// The numbers of all tables and curves, NaN as a text so that it equals itself.
std::vector<std::string> numbers(const Rendering& rendering) {
  std::vector<std::string> all;
  for (const Table& table : rendering.tables) {
    for (const auto& row : table.rows) {
      BOOST_TEST(row.size() == table.columns.size());
      for (const Table::Cell& cell : row) {
        const double* value = std::get_if<double>(&cell);
        all.push_back(value != nullptr ? to_text(*value) : std::get<std::string>(cell));
      }
    }
  }
  for (const Figure& figure : rendering.figures) {
    for (const Panel& panel : figure.panels) {
      for (const Series& series : panel.series) {
        for (const double y : series.y) all.push_back(to_text(y));
      }
    }
  }
  return all;
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  const auto one = numbers(InterpolationSgd::render(tiny_config(), tiny_result()));
  BOOST_TEST(one.size() > 500u);
  BOOST_TEST((numbers(InterpolationSgd::render(tiny_config(), run_with(8))) == one));
}

const Verdict& verdict(const std::vector<Verdict>& verdicts, const std::string& id) {
  const auto found = std::ranges::find(verdicts, id, &Verdict::id);
  BOOST_REQUIRE_MESSAGE(found != verdicts.end(), id);
  return *found;
}

// The exact parts as computed, the simulated ones as expected.
Result good_result() {
  Result result = tiny_result();
  for (Chains& chains : result.system.chains) {
    chains.simulated = chains.expected;
    if (chains.design.lift > 0) chains.simulated.back().loss = 1e-28;
  }
  for (MomentumRun& run : result.momentum.runs) {
    for (MeanPoint& point : run.points) {
      point.distance = 2 * std::pow(run.contraction, point.time);
      point.distance_error = point.distance / 100;
    }
  }
  result.network_noise = {{0, 1, 5}, {1, 1e-3, 1e-2}, {2, 1e-13, 3e-13}};
  KernelSweep sweep{.set = "mnist", .kernel = "Gaussian", .bandwidth = 5, .examples = 2000};
  sweep.critical = 7.6;
  for (double m = 1; m <= 256; m *= 2) {
    sweep.points.push_back({.m = m, .steps = std::max(1000 / m, 120.0)});
  }
  result.kernels = {sweep};
  return result;
}

BOOST_AUTO_TEST_CASE(a_verdict_fails_when_one_figure_contradicts_it) {
  const Result good = good_result();
  for (const Verdict& one : InterpolationSgd::verdicts({}, good)) {
    BOOST_TEST(one.holds, one.id << ": " << one.claim << ": " << one.note);
  }
  const auto fails = [&](const char* id, auto spoil) {
    Result result = good;
    spoil(result);
    BOOST_TEST(!verdict(InterpolationSgd::verdicts({}, result), id).holds, id);
  };
  fails("A1a", [](Result& r) { r.system.facts.w[1] += 1e-9; });
  fails("A1a", [](Result& r) { r.system.facts.loss = 5.45; });
  fails("A1b", [](Result& r) { r.system.plateaus[6].excess_loss *= 1.02; });
  fails("A1c", [](Result& r) { r.system.facts.small_rate_slope *= 1.01; });
  fails("A1d", [](Result& r) { r.system.chains[0].simulated.back().distance *= 1.06; });
  fails("A1e", [](Result& r) { r.system.chains[1].simulated.back().loss *= 1.06; });
  fails("A2a", [](Result& r) {
    for (MeanPoint& p : r.system.chains[3].simulated) p.distance *= std::pow(p.time, 0.06);
  });
  fails("A2b", [](Result& r) {
    for (MeanPoint& p : r.system.chains[4].expected) p.distance *= std::pow(p.time, -0.06);
  });
  fails("A2c", [](Result& r) {
    for (MeanPoint& p : r.system.chains[6].simulated) p.distance *= std::pow(p.time, 0.02);
  });
  fails("A2d", [](Result& r) {
    for (MeanPoint& p : r.system.chains[5].expected) p.distance *= 1.05;
  });
  fails("A3a", [](Result& r) { r.system.lifts[2].grid_contraction += 2e-4; });
  fails("A3b", [](Result& r) { r.system.lifts[0].contraction -= 1e-3; });
  fails("A3c", [](Result& r) { r.system.chains[2].simulated.back().loss = 1e-19; });
  fails("A3d", [](Result& r) {
    for (MeanPoint& p : r.system.chains[2].simulated) p.loss *= std::exp(-0.001 * p.time);
  });
  fails("A4", [](Result& r) { r.system.facts.rate_limit = 0.146; });
  fails("A5a", [](Result& r) { r.bound.points[1].steps *= 1.2; });
  fails("A5b", [](Result& r) { r.bound.descent_steps /= 2; });
  fails("A6a", [](Result& r) { r.momentum.identities.nesterov = 1; });
  fails("A6b", [](Result& r) { r.momentum.identities.sgd = 1; });
  fails("A6c", [](Result& r) { r.momentum.identities.three_variables = 1e-11; });
  fails("A7a", [](Result& r) { r.momentum.radii[2].sgd += 2e-4; });
  fails("A7b", [](Result& r) { r.momentum.radii[0].best_nesterov += 1e-3; });
  fails("A7b", [](Result& r) { r.momentum.radii[2].best_nesterov = 0.9; });
  fails("A7c", [](Result& r) { r.momentum.batches[3].mass += 2e-4; });
  fails("A7d", [](Result& r) { r.momentum.batches[3].bound = 0.95; });
  fails("A7e", [](Result& r) { r.momentum.nesterov_limit = 0.566; });
  fails("A8a", [](Result& r) { r.system.lifted_noise[20].noise *= 1e-4; });
  fails("A8b", [](Result& r) { r.network_noise.pop_back(); });
  fails("A8c", [](Result& r) {
    for (NoisePoint& p : r.system.noise) p.noise *= 0.5;
  });
  fails("K1", [](Result& r) { r.kernels[0].critical = 9; });
  fails("K2a", [](Result& r) {
    for (KernelPoint& p : r.kernels[0].points) p.steps = 1000 / p.m;
  });
  fails("M1", [](Result& r) {
    for (MeanPoint& p : r.momentum.runs[4].points) p.distance_error = p.distance;
    r.momentum.runs[1].points = r.momentum.runs[4].points;
  });
  fails("M2", [](Result& r) { r.momentum.runs[3].points = r.momentum.runs[0].points; });
}

boost::test_tools::assertion_result has_data(boost::unit_test::test_unit_id) {
  return std::getenv("SURPLUS_DATA") != nullptr;
}

// Accuracies and losses of small networks, and their cells. Stops when so many are finished; 0: never.
struct Trained {
  std::vector<double> values;
  Cells cells;
};
Trained train_networks(Cells saved, const std::filesystem::path& states, std::size_t stop_after) {
  std::atomic<bool> stop = false;
  Trained result{{}, saved};
  std::size_t finished = 0;
  Run run(7, std::move(saved), stop, [&](const Run::Cell& cell) {
    result.cells[std::string(cell.name)].assign(cell.values.begin(), cell.values.end());
    stop = ++finished == stop_after;
  });
  run.data_directory = std::getenv("SURPLUS_DATA");
  run.state_directory = states;
  const NetworkDesign design{
      .examples = 320, .epochs = 3, .seeds = 2, .rates = {0.05, 1e30}, .require_data = true};
  try {
    for (const NetworkRun& one : run_networks(design, run)) {
      result.values.insert(result.values.end(), one.accuracy.begin(), one.accuracy.end());
      result.values.push_back(std::isnan(one.training_loss) ? -1 : one.training_loss);
    }
  } catch (const Interrupted&) {
    BOOST_TEST(finished == stop_after);
  }
  return result;
}

BOOST_AUTO_TEST_CASE(networks_go_on_from_their_last_epoch_to_the_same_bits_with_any_threads,
                     *boost::unit_test::precondition(has_data)) {
  const std::filesystem::path states =
      std::filesystem::temp_directory_path() / ("surplus-states-" + std::to_string(::getpid()));
  const auto clear = [&states] {
    std::filesystem::remove_all(states);
    std::filesystem::create_directory(states);
  };
  clear();
  const std::vector<double> whole = train_networks({}, states, 0).values;
  BOOST_TEST(whole.size() == 7u * 4);
  BOOST_TEST(whole[7] == -1);  // the second rate of SGD overflows
  // Without states each epoch is trained from the start.
  set_thread_count(1);
  BOOST_TEST((train_networks({}, {}, 0).values == whole));
  set_thread_count(0);
  clear();
  Trained cut = train_networks({}, states, 2);  // within the first network
  BOOST_TEST(cut.cells.size() == 2u);
  cut = train_networks(cut.cells, states, 4);
  BOOST_TEST(!std::filesystem::is_empty(states));
  BOOST_TEST((train_networks(cut.cells, states, 0).values == whole));
  clear();
  BOOST_TEST((train_networks(cut.cells, states, 0).values == whole));  // states lost
  std::filesystem::remove_all(states);
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused_before_the_first_cell) {
  const auto refuses = [](auto spoil, const std::string& text) {
    Config config = tiny_config();
    spoil(config);
    std::size_t cells = 0;
    Run run(7, {}, kGoOn, [&](const Run::Cell&) { ++cells; });
    BOOST_CHECK_EXCEPTION(
        InterpolationSgd::run(config, run), ArgumentError,
        [&](const std::exception& error) { return error.what() == "interpolation-sgd: " + text; });
    BOOST_TEST(cells == 0u);
  };
  refuses([](Config& c) { c.chain_steps = 9; },
          "the number must be at least 100 and at most 1000000; got chain_steps 9");
  refuses([](Config& c) { c.kernel_seeds = 0; },
          "the number must be at least 1 and at most 1000; got kernel_seeds 0");
  refuses([](Config& c) { c.kernel_sets = "digits,svhn"; },
          "kernel_sets must be among mnist, digits; got kernel_sets svhn");
  refuses([](Config& c) { c.kernel_sets = "digits,digits"; },
          "values must differ; got kernel_sets digits");
  refuses([](Config& c) { c.kernel_target = 1; },
          "kernel_target must be above 0 and below 1; got kernel_target 1");
  refuses([](Config& c) { c.network_rates = {}; },
          "there must be a learning rate; got network_rates 0");
  refuses(
      [](Config& c) {
        c.network_rates = {0.1, -0.1};
      },
      "learning rates must be positive and finite; got network_rates -0.1");
  refuses(
      [](Config& c) {
        c.network_rates = {0.1, 0.1};
      },
      "values must differ; got network_rates 0.1");
}

BOOST_AUTO_TEST_CASE(presets_grow_and_are_those_of_the_protocol) {
  const auto seconds = [](Preset preset) {
    return InterpolationSgd::seconds(InterpolationSgd::preset(preset));
  };
  BOOST_TEST(seconds(Preset::kQuick) < seconds(Preset::kDefault));
  BOOST_TEST(seconds(Preset::kDefault) < seconds(Preset::kPaper));
  const Config quick = InterpolationSgd::preset(Preset::kQuick);
  BOOST_TEST(quick.chains == 10000u);
  BOOST_TEST(quick.chain_steps == 2000u);
  BOOST_TEST(quick.bound_dimension == 50u);
  BOOST_TEST(InterpolationSgd::preset(Preset::kDefault).kernel_examples == 2000u);
  BOOST_TEST(InterpolationSgd::preset(Preset::kPaper).kernel_examples == 10000u);
}

}  // namespace
}  // namespace surplus::apps
