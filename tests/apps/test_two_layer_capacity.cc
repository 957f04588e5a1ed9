#define BOOST_TEST_MODULE two_layer_capacity
#include "apps/studies/two_layer_capacity.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "apps/runner/cells.h"
#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus::apps {
namespace {

using namespace two_layer_capacity;
using tests::says;
using tests::Scratch;
using Config = TwoLayerCapacity::Config;
using Result = TwoLayerCapacity::Result;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const std::atomic<bool> kGoOn = false;

Run fresh_run() {
  return Run(7, {}, kGoOn, [](const Run::Cell&) {});
}

// A few networks of a few epochs.
Config tiny_config() {
  Config config = TwoLayerCapacity::preset(Preset::kQuick);
  config.samples = 200;
  config.widths = {8, 64, 96};
  config.seeds = 2;
  config.label_samples = 100;
  config.label_widths = {8, 64};
  config.epochs = 6;
  return config;
}

// All that is measured, NaN as a text so that it equals itself.
std::vector<std::string> numbers(const Network& network) {
  std::vector<std::string> all;
  for (const double value : pack(std::vector{network})) all.push_back(to_text(value));
  return all;
}
std::vector<std::string> numbers(const Result& result) {
  std::vector<std::string> all;
  for (const SetResult& set : result.sets) {
    for (const Sweep* sweep : {&set.sweep, &set.true_labels, &set.random_labels}) {
      for (const auto& seeds : sweep->networks) {
        for (const Network& n : seeds) std::ranges::copy(numbers(n), std::back_inserter(all));
      }
    }
  }
  return all;
}

BOOST_AUTO_TEST_CASE(digits_have_mean_0_and_standard_deviation_1) {
  const SetFacts& facts = facts_of("digits");
  const ImageExamples images = load_images(facts, 0, 0, "");
  BOOST_TEST(images.train.x.rows() == facts.train);
  BOOST_TEST(images.test.x.rows() == facts.test);
  BOOST_TEST(images.train.x.cols() == facts.inputs(0));
  BOOST_TEST(images.classes == 10u);
  double sum = 0, squares = 0;
  for (const float x : images.train.x.values()) sum += x, squares += double(x) * x;
  const auto n = static_cast<double>(images.train.x.size());
  BOOST_TEST(std::abs(sum / n) < 1e-6);
  BOOST_TEST(std::abs(squares / n - 1) < 1e-6);
  // Fewer samples are the first of them but for the scale, which is their own.
  const ImageExamples few = load_images(facts, 5, 16, "");
  BOOST_TEST((few.train.x.shape() == Shape{5, 256}));
  BOOST_TEST(few.test.x.cols() == facts.inputs(16));
  BOOST_CHECK_EXCEPTION(
      load_images(facts, 1349, 0, ""), ArgumentError,
      says("two-layer-capacity: there must be as many training images as samples; got samples "
           "1349, images 1348"));
}

BOOST_AUTO_TEST_CASE(ranks_correlate_by_order_alone) {
  const std::vector<double> x = {1, 2, 4, 8};
  BOOST_TEST(rank_correlation(x, std::vector<double>{9, 7, 0.1, -3}) == -1);
  BOOST_TEST(rank_correlation(x, std::vector<double>{1, 10, 11, 1e9}) == 1);
  // One exchange of neighbors: 1 - 6 sum d^2 / (n (n^2 - 1)).
  BOOST_TEST(rank_correlation(x, std::vector<double>{1, 3, 2, 4}) == 0.8,
             boost::test_tools::tolerance(1e-15));
  // Ties share their ranks: 1, 2.5, 2.5, 4.
  BOOST_TEST(rank_correlation(x, std::vector<double>{0, 5, 5, 7}) == 4.5 / std::sqrt(5 * 4.5),
             boost::test_tools::tolerance(1e-15));
  BOOST_TEST(std::isnan(rank_correlation(x, std::vector<double>{3, 3, 3, 3})));
}

BOOST_AUTO_TEST_CASE(results_are_the_same_bits_with_any_number_of_threads) {
  std::vector<std::vector<std::string>> results;
  for (const std::size_t threads : {1, 2, 8}) {
    set_thread_count(threads);
    Run run = fresh_run();
    results.push_back(numbers(TwoLayerCapacity::run(tiny_config(), run)));
  }
  set_thread_count(0);
  BOOST_TEST(results[0] == results[1], boost::test_tools::per_element());
  BOOST_TEST(results[0] == results[2], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_goes_on_to_the_same_bits) {
  const Config config = tiny_config();
  Run whole = fresh_run();
  const auto expected = numbers(TwoLayerCapacity::run(config, whole));
  Cells saved;
  std::atomic<bool> stop = false;
  Run first(7, {}, stop, [&](const Run::Cell& cell) {
    saved[std::string(cell.name)].assign(cell.values.begin(), cell.values.end());
    stop = saved.size() == 5;
  });
  BOOST_CHECK_THROW(TwoLayerCapacity::run(config, first), Interrupted);
  Run second(7, saved, kGoOn, [](const Run::Cell&) {});
  BOOST_TEST(numbers(TwoLayerCapacity::run(config, second)) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_network_goes_on_from_its_saved_state_to_the_same_bits) {
  const SetFacts& facts = facts_of("digits");
  const ImageExamples images = load_images(facts, 200, 0, "");
  const NetworkDesign design{.samples = 200, .width = 16, .seed = 1};
  const Protocol protocol{.epochs = 30, .state_seconds = 0};
  Run whole = fresh_run();
  const auto expected = numbers(run_network(facts, images, design, protocol, whole));
  // What a kill after 11 epochs leaves: their state, and no cell.
  const Scratch scratch;
  const std::filesystem::path kept = scratch / "kept";
  const std::string name = name_of(facts, design);
  Run killed(7, {}, kGoOn,
             [&](const Run::Cell&) { std::filesystem::copy_file(killed.state_file(name), kept); });
  killed.state_directory = scratch.path();
  Protocol cut = protocol;
  cut.epochs = 11;
  run_network(facts, images, design, cut, killed);
  const std::filesystem::path state = killed.state_file(name);
  BOOST_TEST(!std::filesystem::exists(state));  // a finished cell leaves none
  std::filesystem::rename(kept, state);
  Run resumed = fresh_run();
  resumed.state_directory = scratch.path();
  const auto found = numbers(run_network(facts, images, design, protocol, resumed));
  BOOST_TEST(found == expected, boost::test_tools::per_element());
  // It is that file that is read.
  write_file_atomically(state, "nonsense");
  Run damaged = fresh_run();
  damaged.state_directory = scratch.path();
  BOOST_CHECK_THROW(run_network(facts, images, design, protocol, damaged), DataError);
}

BOOST_AUTO_TEST_CASE(the_expected_time_is_the_sum_over_the_cells) {
  const Config config = tiny_config();
  double sum = 0;
  Run run(7, {}, kGoOn, [&](const Run::Cell& cell) { sum += cell.seconds; });
  TwoLayerCapacity::run(config, run);
  BOOST_TEST(sum == TwoLayerCapacity::seconds(config), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_network_that_overflows_is_one_error) {
  const SetFacts& facts = facts_of("digits");
  const ImageExamples images = load_images(facts, 100, 0, "");
  Run run = fresh_run();
  BOOST_CHECK_EXCEPTION(
      run_network(facts, images, {.samples = 100, .width = 8}, {.rate = 1e30}, run), NumericalError,
      says("two-layer-capacity: the loss must stay finite; got network digits, 100 images, true "
           "labels, h 8, seed 0, rate 1e+30"));
}

// A network in which every claim holds, of a sweep in which all do.
Network good_network(double h, double d, bool random) {
  Network n;
  n.epochs = 100 / h;
  n.running_loss = 0.009;
  n.train_error = h < 128 ? 0.1 : 0;
  n.test_error = 1 / h;
  n.margin = 1;
  n.u_spectral = 1 + std::pow(std::log(h / 32), 2) / 10;
  n.u_frobenius = 1.2 * n.u_spectral * std::pow(h, 0.1);
  n.v_spectral = 1;
  n.v_frobenius = 2 + 1 / h;
  n.u_distance = 2 + 1 / h;
  n.v_distance = 0.8 * n.v_frobenius;
  n.u_row_distances = 0.95 * std::sqrt(h) * n.u_distance;
  n.u_start_frobenius = std::sqrt(h / 3) * (1 + 1 / std::sqrt(h * d));
  n.mean_capacity = std::pow(h, -0.6);
  n.mean_impact = std::pow(h, -0.55);
  n.median_angle = 80 / h * 8;
  n.terms[5] = random ? 3 : 1;
  n.margins.fill(2);
  n.bounds = {1e6 * h, 1e9 * h, 2e9 * h, 3e9 * h, 4e9 * h, 6e8 - 1e5 * h};
  n.unit_rademacher = 0.9;
  n.layer_rademacher = 1;
  return n;
}

Result good_result() {
  SetResult set;
  set.name = set.title = "digits";
  set.inputs = 64;
  set.test_samples = 449;
  const auto sweep = [&](std::vector<double> widths, bool random) {
    Sweep one{.samples = 1000, .widths = std::move(widths)};
    for (const double h : one.widths) {
      one.networks.push_back({2, good_network(h, 64, random)});
      one.networks.back()[1].test_error *= 1.001;
    }
    return one;
  };
  set.sweep = sweep({8, 16, 64, 128, 256, 1024, 2048}, false);
  set.true_labels = sweep({64, 1024}, false);
  set.random_labels = sweep({64, 1024}, true);
  return {{1e-9, 1e-15, 1e-15, 1e-15, 0.3, 0.1, 2, 0.3}, {set}};
}

BOOST_AUTO_TEST_CASE(a_verdict_fails_when_one_figure_contradicts_it) {
  const Result good = good_result();
  for (const Verdict& one : TwoLayerCapacity::verdicts({}, good)) {
    BOOST_TEST(one.holds, one.id << ": " << one.measured << ", " << one.note);
  }
  const auto fails = [&](const std::string& id, auto spoil) {
    Result result = good;
    spoil(result);
    const auto verdicts = TwoLayerCapacity::verdicts({}, result);
    const auto found = std::ranges::find(verdicts, id, &Verdict::id);
    BOOST_TEST_REQUIRE((found != verdicts.end()), id);
    BOOST_TEST(!found->holds, id);
  };
  // Spoils one value of each network by a function of its width.
  const auto fails_if = [&](const std::string& id, auto change) {
    fails(id + " digits", [&](Result& r) {
      Sweep& sweep = r.sets[0].sweep;
      for (std::size_t w = 0; w < sweep.widths.size(); ++w) {
        for (Network& n : sweep.networks[w]) change(n, sweep.widths[w]);
      }
    });
  };
  fails("A2", [](Result& r) { r.library.parameter_bounds = 1e-8; });
  fails("A3", [](Result& r) { r.sets[0].random_labels.networks[1][0].u_start_frobenius *= 2; });
  fails("A4", [](Result& r) { r.sets[0].true_labels.networks[0][1].unit_rademacher = 1.1; });
  fails("A5", [](Result& r) { r.sets[0].sweep.networks[0][0].u_row_distances *= 1.1; });
  fails("A5", [](Result& r) { r.sets[0].sweep.networks[0][0].u_frobenius *= 10; });
  fails("A6", [](Result& r) { r.library.permuted = 1e-9; });
  fails("A7a", [](Result& r) { r.library.rescaled_output = 1e-9; });
  fails("A7a", [](Result& r) { r.library.rescaled_products = 1e-9; });
  fails("A7b", [](Result& r) { r.library.rescaled_least = 1e-3; });
  fails("R1", [](Result& r) { r.library.bracket = -1e-9; });
  fails("R1", [](Result& r) { r.library.estimate = 6; });
  fails("R2", [](Result& r) { r.library.lower_share = 0.09; });
  fails("Q1a digits", [](Result& r) { r.sets[0].sweep.networks[5][1].train_error = 1e-3; });
  fails_if("Q1b", [](Network& n, double h) { n.test_error = h >= 128 ? 0.01 : 0.1; });
  fails_if("Q1c", [](Network& n, double h) { n.test_error = h == 8 ? 0.01 : n.test_error; });
  fails_if("Q2a", [](Network& n, double h) { n.mean_capacity = std::pow(h, -0.49); });
  fails_if("Q2b", [](Network& n, double h) { n.mean_impact = std::pow(h, -0.5); });
  fails_if("Q3a", [](Network& n, double h) { n.u_distance = h; });
  fails_if("Q3b", [](Network& n, double h) { n.u_frobenius = h; });
  fails_if("Q3b", [](Network& n, double h) { n.u_frobenius = 1 / h; });
  fails_if("Q3c", [](Network& n, double h) { n.u_spectral = 1 / h; });
  fails_if("Q3d", [](Network& n, double) { n.u_frobenius = 2 * n.u_spectral; });
  fails_if("Q4a", [](Network& n, double h) { n.v_frobenius = h > 200 ? 3 : 2.1; });
  fails_if("Q4b", [](Network& n, double h) { n.v_distance = h > 200 ? 3 : 2; });
  fails_if("Q4c", [](Network& n, double h) { n.v_distance = h == 64 ? 0.9 : 2; });
  fails_if("Q5", [](Network& n, double h) { n.median_angle = 44 - h / 1e3; });
  fails_if("Q5", [](Network& n, double h) { n.median_angle = 90 - h / 1e3; });
  fails_if("Q5", [](Network& n, double h) { n.median_angle = h == 16 ? 0 : n.median_angle; });
  fails_if("Q6", [](Network& n, double) { n.epochs = 1000; });
  fails_if("Q7a", [](Network& n, double h) { n.bounds[5] = 1e8 + h; });
  fails_if("Q7b", [](Network& n, double h) { n.bounds[2] = h == 64 ? 1e8 : n.bounds[2]; });
  fails_if("Q7c", [](Network& n, double) { n.bounds[4] = 1e11; });
  // Without a margin there is no bound.
  const auto without_margin = [](Network& n, double h) {
    if (h == 64) std::fill(n.bounds.begin() + 1, n.bounds.end(), kNan);
  };
  for (const char* id : {"Q7a", "Q7b", "Q7c"}) fails_if(id, without_margin);
  fails_if("Q8", [](Network& n, double h) { n.bounds[0] = h == 2048 ? 1e6 : n.bounds[0]; });
  fails_if("Q9", [](Network& n, double h) { n.bounds[1] = h == 16 ? 900 : n.bounds[1]; });
  fails_if("Q10", [](Network& n, double h) { n.u_row_distances *= h == 16 ? 0.9 : 1; });
  fails("Q11 digits", [](Result& r) { r.sets[0].random_labels.networks[1][1].margins.fill(7); });
}

BOOST_AUTO_TEST_CASE(tables_and_figures_show_what_is_there) {
  const Rendering rendering = TwoLayerCapacity::render({}, good_result());
  BOOST_TEST(rendering.tables.size() == 6u);
  for (const Table& table : rendering.tables) {
    // The sweep, and true and random labels of the same samples.
    BOOST_TEST(table.rows.size() == 9u, table.name);
    for (const auto& row : table.rows) BOOST_TEST(row.size() == table.columns.size());
  }
  BOOST_TEST(rendering.figures.size() == 8u);
  for (const Figure& figure : rendering.figures) {
    BOOST_TEST(!figure.panels.empty(), figure.name);
    for (const Panel& panel : figure.panels) BOOST_TEST(!panel.series.empty(), figure.name);
  }
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused_before_the_first_cell) {
  const auto refuses = [](auto spoil, const std::string& text) {
    Config config = tiny_config();
    spoil(config);
    std::size_t cells = 0;
    Run run(7, {}, kGoOn, [&](const Run::Cell&) { ++cells; });
    BOOST_CHECK_EXCEPTION(TwoLayerCapacity::run(config, run), ArgumentError, says(text));
    BOOST_TEST(cells == 0u);
  };
  refuses([](Config& c) { c.sets = ""; },
          "two-layer-capacity: there must be an image set; got sets ");
  refuses([](Config& c) { c.sets = "digits,nist"; },
          "two-layer-capacity: sets must be among digits, mnist, fashion-mnist, cifar-10, "
          "cifar-10-jpeg, svhn; got sets nist");
  refuses([](Config& c) { c.sets = "digits,digits"; },
          "two-layer-capacity: values must differ; got sets digits");
  refuses([](Config& c) { c.label_samples = 1349; },
          "two-layer-capacity: digits has 1348 training images; got samples 200, label_samples "
          "1349");
  refuses([](Config& c) { c.side = 1; },
          "two-layer-capacity: the number must be at least 2 and at most 1024; got side 1");
  refuses(
      [](Config& c) {
        c.widths = {64, 0, 128};
      },
      "two-layer-capacity: the number must be at least 1 and at most 1048576; got widths 0");
  refuses(
      [](Config& c) {
        c.label_widths = {64, 64};
      },
      "two-layer-capacity: widths must ascend; got label_widths 64");
  refuses(
      [](Config& c) {
        c.widths = {8, 16, 64};
      },
      "two-layer-capacity: there must be three widths, of which two are 64 or more; got widths "
      "3, of 64 or more 1");
  refuses([](Config& c) { c.seeds = 0; },
          "two-layer-capacity: the number must be at least 1 and at most 1000; got seeds 0");
  refuses([](Config& c) { c.epochs = 0; },
          "two-layer-capacity: the number must be at least 1 and at most 1000000; got epochs 0");
  refuses([](Config& c) { c.rate = -1; },
          "two-layer-capacity: rate must be at least 0 and at most 100; got rate -1");
  refuses([](Config& c) { c.loss = 0; }, "two-layer-capacity: loss must be above 0; got loss 0");
  refuses([](Config& c) { c.state_seconds = -1; },
          "two-layer-capacity: state_seconds must not be negative; got state_seconds -1");
}

BOOST_AUTO_TEST_CASE(the_paper_preset_is_the_protocol) {
  const Config paper = TwoLayerCapacity::preset(Preset::kPaper);
  BOOST_TEST(paper.sets == "cifar-10,svhn,mnist");
  BOOST_TEST(paper.side == 32u);
  BOOST_TEST(paper.samples == 0u);
  BOOST_TEST(paper.widths.size() == 13u);
  BOOST_TEST(paper.widths.back() == 32768u);
  BOOST_TEST(paper.loss == 0.01);
  BOOST_TEST(paper.epochs == 1000u);
  BOOST_TEST(facts_of("cifar-10").rate == 0.001);
  BOOST_TEST(facts_of("svhn").rate == 0.001);
  BOOST_TEST(facts_of("mnist").rate == 0.01);
  BOOST_TEST(facts_of("mnist").inputs(32) == 1024u);
  BOOST_TEST(facts_of("svhn").inputs(32) == 3072u);
  BOOST_TEST(TwoLayerCapacity::preset(Preset::kDefault).widths.back() == 4096u);
}

}  // namespace
}  // namespace surplus::apps
