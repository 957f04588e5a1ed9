#define BOOST_TEST_MODULE sop_study
#include "apps/studies/sop.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "apps/runner/cells.h"
#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus::apps {
namespace {

using namespace sop;
using tests::says;
using tests::Scratch;
using Config = Sop::Config;
using Result = Sop::Result;

const std::atomic<bool> kGoOn = false;

Run fresh_run() {
  return Run(7, {}, kGoOn, [](const Run::Cell&) {});
}

Config tiny_config() {
  Config config = Sop::preset(Preset::kQuick);
  config.rates = {0.4};
  config.methods = "ce,co-teaching,sop,sop-paper";
  config.pair_rate = 0.4;
  config.epochs = 3;
  config.image_samples = 400;
  config.image_hidden = 16;
  config.image_methods = "ce,gce-truncated,forward-estimated,aux,rdi,sop";
  config.image_seeds = 2;
  config.image_epochs = 3;
  config.conv_samples = 200;
  config.conv_width = 2;
  config.conv_map_rate = 0.4;
  config.conv_instance_rate = 0.4;
  config.conv_epochs = 3;
  config.plus_methods = "ce,sop,sop-plus";
  config.plus_seeds = 1;
  config.plus_epochs = 3;
  return config;
}

// All that is measured, NaN as a text so that it equals itself.
std::vector<std::string> numbers(const Training& training) {
  std::vector<std::string> all;
  for (const double value : pack(std::vector{training.summary})) all.push_back(to_text(value));
  for (const Epoch& e : training.epochs) {
    for (const float value : {e.test, e.validation, e.noisy, e.memorized, e.recovered, e.awake}) {
      all.push_back(to_text(value));
    }
  }
  return all;
}
std::vector<std::string> numbers(const Result& result) {
  std::vector<std::string> all;
  const auto add = [&](const Training& training) {
    for (std::string& number : numbers(training)) all.push_back(std::move(number));
  };
  for (const Group& group : result.trainings.groups) {
    for (const auto& seeds : group.trainings) std::ranges::for_each(seeds, add);
  }
  for (const Training* one :
       {&result.trainings.asleep, &result.trainings.asleep_entropy, &result.trainings.still}) {
    add(*one);
  }
  return all;
}

BOOST_AUTO_TEST_CASE(results_are_the_same_bits_with_any_number_of_threads) {
  std::vector<std::vector<std::string>> results;
  for (const std::size_t threads : {1, 4}) {
    set_thread_count(threads);
    Run run = fresh_run();
    results.push_back(numbers(Sop::run(tiny_config(), run)));
  }
  set_thread_count(0);
  BOOST_TEST(results[0] == results[1], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_goes_on_to_the_same_bits) {
  const Config config = tiny_config();
  Run whole = fresh_run();
  const auto expected = numbers(Sop::run(config, whole));
  Cells saved;
  std::atomic<bool> stop = false;
  Run first(7, {}, stop, [&](const Run::Cell& cell) {
    saved[std::string(cell.name)].assign(cell.values.begin(), cell.values.end());
    stop = saved.size() == 4;
  });
  BOOST_CHECK_THROW(Sop::run(config, first), Interrupted);
  Run second(7, saved, kGoOn, [](const Run::Cell&) {});
  BOOST_TEST(numbers(Sop::run(config, second)) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_training_goes_on_from_its_saved_state_to_the_same_bits) {
  const Task plain =
      image_task({.name = "digits", .set = "digits", .samples = 400, .width = 16}, "");
  const Task residual = image_task({.name = "conv-digits",
                                    .set = "digits",
                                    .samples = 200,
                                    .network = "resnet-8",
                                    .width = 2,
                                    .augment = true},
                                   "");
  for (const Method method : {Method::kSop, Method::kSopPaper, Method::kElr, Method::kSopPlus}) {
    const bool plus = method == Method::kSopPlus;
    const Task& task = plus ? residual : plain;
    const Design design{.task = task.name,
                        .rate = 0.4,
                        .method = method,
                        .epochs = plus ? 12u : 150u,
                        .cosine = plus,
                        .batch = plus ? 64u : 128u,
                        .learning_rate = 0.1};
    Run whole = fresh_run();
    const auto expected = numbers(run_training(task, design, 1e9, whole));
    const Scratch scratch;
    std::atomic<bool> stop = false;
    Run first(7, {}, stop, [](const Run::Cell&) {});
    first.state_directory = scratch.path();
    const std::filesystem::path state = first.state_file(name_of(design));
    // Asks for an end as soon as an epoch is saved.
    std::jthread watch([&](const std::stop_token& done) {
      while (!done.stop_requested() && !std::filesystem::exists(state)) std::this_thread::yield();
      stop = true;
    });
    BOOST_CHECK_THROW(run_training(task, design, 0, first), Interrupted);
    BOOST_TEST(std::filesystem::exists(state));
    Run second = fresh_run();
    second.state_directory = scratch.path();
    BOOST_TEST(numbers(run_training(task, design, 0, second)) == expected,
               boost::test_tools::per_element());
    BOOST_TEST(!std::filesystem::exists(state));
    // It is that file that is read.
    write_file_atomically(state, "nonsense");
    Run damaged = fresh_run();
    damaged.state_directory = scratch.path();
    BOOST_CHECK_THROW(run_training(task, design, 0, damaged), DataError);
  }
}

BOOST_AUTO_TEST_CASE(the_expected_time_is_the_sum_over_the_cells) {
  const Config config = tiny_config();
  double sum = 0;
  Run run(7, {}, kGoOn, [&](const Run::Cell& cell) { sum += cell.seconds; });
  Sop::run(config, run);
  BOOST_TEST(sum == Sop::seconds(config), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_synthetic_task_is_balanced_and_of_its_own_for_each_seed) {
  const Task task = synthetic_task(Rng(1));
  BOOST_TEST((task.train.x.shape() == Shape{4000, 64}));
  BOOST_TEST(task.test.labels.size() == 4000u);
  BOOST_TEST(std::ranges::count(task.train.labels, std::size_t{3}) == 400);
  // Means of variance .64 and unit noise.
  double square = 0;
  for (const float x : task.test.x.values()) square += double{x} * double{x};
  BOOST_TEST(std::abs(square / static_cast<double>(task.test.x.size()) - 1.64) < 0.1);
  BOOST_TEST((synthetic_task(Rng(2)).train.x != task.train.x));
}

BOOST_AUTO_TEST_CASE(an_image_task_is_cut_brought_to_a_side_and_given_its_network) {
  const ImageDesign design = {.name = "conv-digits",
                              .set = "digits",
                              .samples = 300,
                              .tests = 100,
                              .side = 4,
                              .network = "resnet-8",
                              .width = 2};
  const Task task = image_task(design, "");
  BOOST_TEST(task.title == "digits, ResNet-8");
  BOOST_TEST((task.shape == ImageShape{1, 4, 4}));
  BOOST_TEST((task.train.x.shape() == Shape{300, 16}));
  BOOST_TEST(task.validation.labels.size() == 30u);
  BOOST_TEST(task.test.labels.size() == 100u);
  const TaskSize size = size_of(design);
  BOOST_TEST(size.watched == 430u);
  // Stem, three stages whose images are 4 x 4, 2 x 2 and one pixel, the shortcuts and the last layer.
  const double expected =
      9 * 2 * 16 + 2 * 9 * 4 * 16 + (9 * 8 + 9 * 16 + 8) * 4 + (9 * 32 + 9 * 64 + 32) + 8 * 10;
  BOOST_TEST(multiplications(size.network) == expected);
  BOOST_TEST(multiplications(task.network) == expected);
  BOOST_CHECK_EXCEPTION(
      image_task({.name = "digits", .set = "digits", .samples = 1300, .width = 4}, ""),
      ArgumentError,
      says("sop: there must be as many training images as samples, and a tenth more; got set "
           "digits, samples 1300, images 1348"));
}

std::filesystem::path data() {
  const char* const folder = std::getenv("SURPLUS_DATA");
  return folder == nullptr ? "" : folder;
}

auto human_labels_are_here() {
  return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(
        std::filesystem::exists(data() / "cifar10n/CIFAR-10_human.pt") &&
        std::filesystem::exists(data() / "cifar10-jpeg/images.tar.xz"));
    result.message() << "SURPLUS_DATA names no directory with cifar10n and cifar10-jpeg";
    return result;
  });
}

BOOST_AUTO_TEST_CASE(people_are_wrong_as_often_as_published, *human_labels_are_here()) {
  const Task task = image_task({.name = "conv-cifar-10-jpeg",
                                .set = "cifar-10-jpeg",
                                .samples = 5000,
                                .tests = 100,
                                .side = 4,
                                .network = "resnet-8",
                                .width = 1,
                                .human = true},
                               data());
  for (const Noise noise : {Noise::kAggregate, Noise::kRandom1, Noise::kWorst}) {
    Run run = fresh_run();
    const Training t = run_training(task,
                                    {.task = task.name,
                                     .noise = noise,
                                     .rate = human_rate(noise),
                                     .method = Method::kSop,
                                     .epochs = 1},
                                    1e9, run);
    const double rate = human_rate(noise);
    // The first 5000 of 50000: three standard errors.
    BOOST_TEST(std::abs(t.summary.wrong - rate) < 3 * std::sqrt(rate * (1 - rate) / 5000),
               to_text(noise));
  }
}

BOOST_AUTO_TEST_CASE(the_paper_preset_has_its_networks_and_step_sizes) {
  Config paper = Sop::preset(Preset::kPaper);
  BOOST_TEST(paper.conv_alpha_u == 10);
  BOOST_TEST(paper.conv_map_alpha_v == 100);
  // Published: 1.16 and .56 thousand million multiplications.
  const auto millions = [](const std::string& network) {
    return multiplications(network_for(network, 16, {3, 32, 32}, 10)) / 1e6;
  };
  BOOST_TEST(paper.conv_network == "resnet-34");
  BOOST_TEST(std::abs(millions("resnet-34") - 1160) < 5);
  BOOST_TEST(paper.plus_network == "preact-resnet-18");
  BOOST_TEST(std::abs(millions("preact-resnet-18") - 556) < 5);
  const double seconds = Sop::seconds(paper);
  paper.conv_epochs *= 2;
  BOOST_TEST(Sop::seconds(paper) > 1.2 * seconds);
}

// Trainings in which every claim holds.
Training good(const Design& design) {
  Training t{design, {}, {}};
  const double wrong = design.noise == Noise::kPair ? design.rate : 0.9 * design.rate;
  const bool sop = design.method == Method::kSop || design.method == Method::kSopPaper ||
                   design.method == Method::kSopPlus;
  t.summary = {.wrong = wrong,
               .fingerprint = 7,
               .loss_auc = 0.9,
               .noise_auc = 0.99,
               .ties_auc = 0.99,
               .corrected = 0.97,
               .mean_u2 = 0.4,
               .most_u = 1,
               .most_v = 1,
               .violations = 0};
  const float top = sop ? 0.95f : 0.85f;
  const auto noisy = static_cast<float>(1 - wrong);
  t.epochs = {{top, 0.6f, noisy, sop ? 0.03f : 0.3f, 0.9f, 1},
              {top, 0.5f, noisy, sop ? 0.03f : 1.0f, 0.9f, 1}};
  if (!sop) t.epochs.back().test = 0.85f - 0.3f * static_cast<float>(design.rate > 0);
  if (design.rate == 0) t.epochs.front().test = t.epochs.back().test = 0.95f;
  return t;
}

Result good_result() {
  Result result;
  result.clock = {{100, 128, 1e-4, 6.5, 6.3, 7}};
  for (const std::string task : {"T0", "digits", "conv-digits", "plus-digits"}) {
    for (const double rate : {0.0, 0.2, 0.4, 0.6}) {
      Group group{.task = task, .title = task, .rate = rate, .samples = 10000};
      for (const Method method : {Method::kCrossEntropy, Method::kElr, Method::kSop,
                                  Method::kSopPaper, Method::kSopPlus}) {
        group.methods.push_back(method);
        const Design design{.task = task, .rate = rate, .method = method, .epochs = 2};
        group.trainings.push_back({good(design), good(design)});
      }
      result.trainings.groups.push_back(group);
    }
  }
  Design design{.task = "T0", .rate = 0.4, .method = Method::kSop, .epochs = 2};
  result.trainings.batches = {good(design), good(design), good(design)};
  result.trainings.alphas = {good(design)};
  result.trainings.asleep = good(design);
  result.trainings.asleep.summary.most_v = 1e-8;
  design.method = Method::kCrossEntropy;
  result.trainings.still = good(design);
  result.trainings.asleep_entropy = result.trainings.asleep;
  return result;
}

BOOST_AUTO_TEST_CASE(a_verdict_fails_when_one_figure_contradicts_it) {
  const Result good = good_result();
  for (const Verdict& one : Sop::verdicts({}, good)) {
    BOOST_TEST(one.holds, one.id << ": " << one.measured << ", " << one.note);
  }
  const auto fails = [&](const std::string& id, const std::function<void(Result&)>& spoil) {
    Result result = good;
    spoil(result);
    const auto verdicts = Sop::verdicts({}, result);
    const auto found = std::ranges::find(verdicts, id, &Verdict::id);
    BOOST_TEST_REQUIRE((found != verdicts.end()), id);
    BOOST_TEST(!found->holds, id);
  };
  // Spoils one seed of a method at one noise.
  const auto spoils = [&](const std::string& id, const std::string& task, double rate,
                          Method method, const std::function<void(Training&)>& spoil) {
    fails(id, [&](Result& result) {
      for (Group& group : result.trainings.groups) {
        if (group.task != task || group.rate != rate) continue;
        for (std::size_t m = 0; m < group.methods.size(); ++m) {
          if (group.methods[m] == method) spoil(group.trainings[m].back());
        }
      }
    });
  };
  const auto last = [](float value) {
    return [value](Training& t) { t.epochs.back().test = value; };
  };
  const Method ce = Method::kCrossEntropy, sop = Method::kSop, paper = Method::kSopPaper;
  fails("A2a", [](Result& r) { r.clock[0].measured = 9; });
  fails("A2b", [](Result& r) { r.clock[0].pure = 9.1; });
  spoils("A3a", "T0", 0.4, sop, last(0.74f));
  spoils("A3b", "T0", 0.4, sop, last(0.93f));
  spoils("A3b (paper)", "T0", 0.4, paper, last(0.93f));
  spoils("A3c", "T0", 0.4, ce, last(0.8f));
  spoils("A4", "T0", 0.2, ce, [](Training& t) { t.epochs.front().test = 0.93f; });
  spoils("A5a", "T0", 0.6, sop, [](Training& t) { t.epochs.back().memorized = 0.16f; });
  spoils("A5b", "T0", 0.6, ce, [](Training& t) { t.epochs.back().memorized = 0.94f; });
  spoils("A5c", "T0", 0.2, sop, [](Training& t) { t.epochs.back().noisy = 0.9f; });
  spoils("A6a", "T0", 0.6, sop, [](Training& t) { t.summary.noise_auc = 0.969; });
  spoils("A6a >= (paper)", "T0", 0.6, paper, [](Training& t) { t.summary.ties_auc = 0.969; });
  spoils("A6b 40 %", "T0", 0.4, sop, [](Training& t) { t.summary.corrected = 0.88; });
  spoils("A6b 60 % (paper)", "T0", 0.6, paper, [](Training& t) { t.summary.corrected = 0.74; });
  spoils("A7", "T0", 0, sop, last(0.92f));
  fails("A8", [](Result& r) { r.trainings.still.epochs.back().test += 0.01f; });
  fails("A9", [](Result& r) { r.trainings.asleep.summary.most_v = 1e-5; });
  fails("A9", [](Result& r) { r.trainings.asleep.epochs.back().test += 0.01f; });
  spoils("A9b", "digits", 0.2, sop, [](Training& t) { t.summary.most_v = 1e-7; });
  spoils("A10a", "digits", 0.2, paper, [](Training& t) { t.summary.violations = 1; });
  spoils("A10b", "T0", 0.2, paper, [](Training& t) { t.summary.most_u = 1.01; });
  spoils("A10c", "T0", 0.2, sop, [](Training& t) { t.summary.most_v = 2.13; });
  spoils("A11", "T0", 0.4, ce, [](Training& t) { t.summary.wrong = 0.39; });
  fails("A12", [](Result& r) { r.trainings.batches[2].epochs.back().test -= 0.02f; });
  spoils("A13a digits 40 %", "digits", 0.4, sop, last(0.62f));
  spoils("A13b digits", "digits", 0.4, sop, last(0.92f));
  spoils("A13c digits", "digits", 0.6, ce, last(0.82f));
  spoils("D1 digits", "digits", 0.6, sop, [](Training& t) { t.summary.noise_auc = 0.89; });
  spoils("A13a conv-digits", "conv-digits", 0.6, sop, last(0.5f));
  spoils("A13b conv-digits", "conv-digits", 0.4, sop, last(0.92f));
  spoils("F1 plus-digits", "plus-digits", 0.4, Method::kSopPlus, last(0.5f));
  spoils("F2 plus-digits", "plus-digits", 0.4, Method::kSopPlus, last(0.94f));
  spoils("E1 T0", "T0", 0.2, sop, last(0.6f));
  spoils("E2 digits", "digits", 0.2, Method::kElr, [](Training& t) {
    for (Epoch& e : t.epochs) e.test = 1.5f;
  });
  spoils("E3 T0", "T0", 0.2, Method::kElr, [](Training& t) { t.epochs.front().test = 1.2f; });
}

BOOST_AUTO_TEST_CASE(tables_and_figures_show_what_is_there) {
  const Rendering rendering = Sop::render({}, good_result());
  BOOST_TEST(rendering.tables.size() == 5u);
  for (const Table& table : rendering.tables) {
    BOOST_TEST(!table.rows.empty(), table.name);
    for (const auto& row : table.rows) BOOST_TEST(row.size() == table.columns.size(), table.name);
  }
  BOOST_TEST(rendering.figures.size() == 14u);
  for (const Figure& figure : rendering.figures) {
    BOOST_TEST(!figure.panels.empty(), figure.name);
    for (const Panel& panel : figure.panels) BOOST_TEST(!panel.series.empty(), figure.name);
  }
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused_before_the_first_cell) {
  const auto refuses = [](const std::function<void(Config&)>& spoil, const std::string& text) {
    Config config = tiny_config();
    spoil(config);
    std::size_t cells = 0;
    Run run(7, {}, kGoOn, [&](const Run::Cell&) { ++cells; });
    BOOST_CHECK_EXCEPTION(Sop::run(config, run), ArgumentError, says(text));
    BOOST_TEST(cells == 0u);
  };
  refuses(
      [](Config& c) {
        c.rates = {0.4, 1};
      },
      "sop: rates must be at least 0 and below 1; got rates 1");
  refuses([](Config& c) { c.rates = {0.4, 0.4}; }, "sop: values must differ; got rates 0.4");
  refuses([](Config& c) { c.rates = {0.2}; },
          "sop: rates must have 0.4, which the step sizes are varied at; got rates 1");
  refuses([](Config& c) { c.pair_rate = -1; },
          "sop: rates must be at least 0 and below 1; got pair_rate -1");
  refuses([](Config& c) { c.methods = "ce,sop,magic"; },
          "sop: methods must be among ce, ls, gce, gce-truncated, forward, forward-estimated, elr, "
          "co-teaching, mixup, aux, rdi, sop, sop-paper, sop-plus; got methods magic");
  refuses([](Config& c) { c.image_methods = "sop"; },
          "sop: methods must have ce and sop; got image_methods sop");
  refuses([](Config& c) { c.methods = "ce,sop,ce"; }, "sop: values must differ; got methods ce");
  refuses([](Config& c) { c.seeds = 0; },
          "sop: the number must be at least 1 and at most 1000; got seeds 0");
  refuses([](Config& c) { c.epochs = 2; },
          "sop: the number must be at least 3 and at most 100000; got epochs 2");
  refuses([](Config& c) { c.sets = "nist"; },
          "sop: there must be such an image set (surplus data list); got sets nist");
  refuses([](Config& c) { c.image_samples = 10; },
          "sop: the number must be at least 200 and at most 100000; got image_samples 10");
  refuses([](Config& c) { c.image_alpha_v = -1; },
          "sop: step sizes must not be negative; got image_alpha_u 100, image_alpha_v -1");
  refuses([](Config& c) { c.image_start = 0; },
          "sop: the start must be above 0 and below 1; got image_start 0");
  refuses([](Config& c) { c.image_learning_rate = 0; },
          "sop: the learning rate must be above 0 and at most 100; got image_learning_rate 0");
  refuses([](Config& c) { c.conv_sets = "nist"; },
          "sop: there must be such an image set (surplus data list); got conv_sets nist");
  refuses([](Config& c) { c.conv_network = "mlp"; },
          "sop: the network must be resnet-8, resnet-34 or preact-resnet-18; got conv_network mlp");
  refuses([](Config& c) { c.plus_network = "vgg"; },
          "sop: the network must be resnet-8, resnet-34 or preact-resnet-18; got plus_network vgg");
  refuses([](Config& c) { c.conv_human = "worse"; },
          "sop: labels of people must be among aggregate, random1, worst; got conv_human worse");
  refuses([](Config& c) { c.conv_human = "worst"; },
          "sop: labels of people need CIFAR-10; got conv_sets digits, conv_human worst");
  refuses([](Config& c) { c.conv_map_alpha_v = -1; },
          "sop: step sizes must not be negative; got conv_map_alpha_v -1");
  refuses([](Config& c) { c.conv_instance_rate = 1; },
          "sop: rates must be at least 0 and below 1; got conv_instance_rate 1");
  refuses([](Config& c) { c.plus_methods = "ce,sop-plus"; },
          "sop: methods must have ce and sop; got plus_methods ce,sop-plus");
  refuses([](Config& c) { c.conv_batch = 0; },
          "sop: the number must be at least 1 and at most 200; got conv_batch 0");
  refuses([](Config& c) { c.methods = "ce,sop,sop-plus"; },
          "sop: sop-plus needs images; got methods ce,sop,sop-plus");
  refuses([](Config& c) { c.state_seconds = -1; },
          "sop: state_seconds must not be negative; got state_seconds -1");
}

}  // namespace
}  // namespace surplus::apps
