#define BOOST_TEST_MODULE linearity
#include "apps/studies/linearity.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace linearity;
using Config = Linearity::Config;
using Result = Linearity::Result;

const std::atomic<bool> kGoOn = false;

Run fresh_run() {
  return Run(7, {}, kGoOn, [](const Run::Cell&) {});
}

// Two few-seed estimates of one number: the specification's has 6 to 12 seeds, as ours has.
bool agree(const Mean& ours, double golden) {
  return std::abs(ours.value - golden) <= 4 * std::sqrt(2.0) * ours.error + 0.001;
}

BOOST_AUTO_TEST_CASE(slopes_carry_the_errors_of_their_means) {
  const std::vector<double> x = {1, 10, 100};
  const std::vector<Mean> y = {{1, 0.1}, {0.1, 0.01}, {0.01, 0.001}};
  const Slope slope = slope_of(x, y);
  BOOST_TEST(std::abs(slope.value + 1) <= 1e-14);
  // 10 % at both ends of four units of spread on either side.
  BOOST_TEST(std::abs(slope.error - 0.1 * std::sqrt(2.0) / (2 * std::log(10.0))) <= 1e-12);
  BOOST_TEST(std::isnan(slope_of(std::vector<double>{1}, std::vector<Mean>{{1, 0}}).value));
  const Mean mean = mean_of(std::vector<double>{1, 3});
  BOOST_TEST(mean.value == 2);
  BOOST_TEST(mean.error == 1);
}

BOOST_AUTO_TEST_CASE(remainders_of_two_layers_fall_with_the_golden_slopes) {
  Run run = fresh_run();
  const std::vector<TwoLayerTrend> trends = run_two_layer(
      {.widths = {16, 64, 256, 1024, 4096, 16384}, .starts = 16, .lanczos_width = 256}, run);
  // Worst direction, gradient direction, random direction, change of the kernel.
  const double golden[6][4] = {{-.412, -.970, -.997, -.949},    {-.446, -1.010, -1.010, -1.005},
                               {-.384, -.967, -.974, -.953},    {-.499, -1.004, -.997, -1.001},
                               {-.500, -1.012, -1.010, -1.007}, {-.499, -1.019, -.973, -1.014}};
  for (std::size_t i = 0; i < trends.size(); ++i) {
    const TwoLayerTrend& trend = trends[i];
    const Slope slopes[] = {
        slope_of(trend.widths, trend.worst), slope_of(trend.widths, trend.descent),
        slope_of(trend.widths, trend.random), slope_of(trend.widths, trend.change)};
    for (std::size_t j = 0; j < 4; ++j) {
      BOOST_TEST(
          std::abs(slopes[j].value - golden[i][j]) <= 4 * std::sqrt(2.0) * slopes[j].error + 0.01,
          trend.variant.name << ", " << j << ": " << slopes[j].value << " +- " << slopes[j].error
                             << " beside " << golden[i][j]);
    }
    BOOST_TEST(std::abs(slope_of(trend.widths, trend.gradient).value) < 0.02);
    BOOST_TEST(trend.taylor <= 1);
    BOOST_TEST(trend.quotient <= 1e-2);
    BOOST_TEST(trend.lanczos <= 1e-6);
  }
  // sqrt(E tanh^2 + E sech^4) = .927.
  BOOST_TEST(std::abs(trends[0].gradient.back().value - 0.927) <= 0.005);
}

BOOST_AUTO_TEST_CASE(descent_meets_the_golden_changes) {
  Run run = fresh_run();
  const struct {
    std::size_t m;
    Output output;
    double change, remainder;
  } golden[] = {{16, Output::kLinear, .280, .491},
                {64, Output::kLinear, .100, .160},
                {256, Output::kLinear, .0274, .0487},
                {64, Output::kTanh, .853, .395}};
  for (const auto& row : golden) {
    const DescentPoint point = run_descent("test", shallow_design(row.m, row.output), run);
    BOOST_TEST(agree(point.change, row.change),
               row.m << ": " << point.change.value << " +- " << point.change.error);
    BOOST_TEST(agree(point.remainder, row.remainder),
               row.m << ": " << point.remainder.value << " +- " << point.remainder.error);
    BOOST_TEST(point.pl >= 1 - 1e-9);
    BOOST_TEST(std::abs(point.distance.value - 5.35) <= 1.0);
  }
}

BOOST_AUTO_TEST_CASE(deep_networks_have_the_golden_norms) {
  Run run = fresh_run();
  const struct {
    std::vector<std::size_t> hidden;
    Output output;
    double norm;
  } golden[] = {{{16, 16, 16}, Output::kLinear, .438},
                {{64, 64, 64}, Output::kLinear, .262},
                {{16, 16, 16}, Output::kTanh, .499},
                {{64, 64, 64}, Output::kTanh, .344},
                {{128, 4, 128}, Output::kLinear, .649}};
  for (const auto& row : golden) {
    const DeepPoint point = run_deep("test", {row.hidden, row.output, 12}, run);
    BOOST_TEST(agree(point.norm, row.norm),
               row.hidden[0] << ": " << point.norm.value << " +- " << point.norm.error);
    BOOST_TEST(point.error <= 1e-4);
  }
}

// A result in which every claim holds.
Result good_result() {
  Result result;
  const std::vector<double> widths = {16, 256, 4096};
  const auto law = [&](double power) {
    std::vector<Mean> means;
    for (const double m : widths) means.push_back({std::pow(m, power), 0.01});
    return means;
  };
  for (const Variant& variant : kVariants) {
    TwoLayerTrend trend;
    trend.variant = variant;
    trend.widths = widths;
    trend.norm = law(variant.normal ? -0.41 : -0.5);
    trend.corrected = law(-0.5);
    trend.gradient = law(0);
    trend.worst = trend.descent = trend.random = trend.change = law(-1);
    trend.taylor = 0.9;
    trend.quotient = 1e-3;
    trend.lanczos = 1e-8;
    result.two_layer.push_back(trend);
  }
  for (const Output output : kOutputs) {
    for (const std::size_t m : {16, 64, 1024}) {
      DescentPoint point;
      point.design = shallow_design(m, output);
      point.change = {output == Output::kLinear ? 3 / std::pow(static_cast<double>(m), 0.9) : 0.85,
                      0.001};
      point.pl = 1.1;
      result.paths.push_back(point);
      if (output == Output::kLinear) result.random_paths.push_back(point);
    }
  }
  for (const std::size_t m : {64, 128, 256}) {
    const auto width = static_cast<double>(m);
    result.linear_out.push_back({{{m, m, m}}, {2 / std::sqrt(width), 0.01}, {1, 0}});
    result.tanh_out.push_back({{{m, m, m}, Output::kTanh}, {0.35, 0.01}, {1, 0}});
    result.narrow.push_back({{{m, 4, m}}, {0.64, 0.01}, {1, 0}});
    result.bottlenecks.push_back({{{1024, m / 16, 1024}}, {1 / std::sqrt(width), 0.01}, {1, 0}});
    for (const ad::Activation f : {ad::Activation::kRelu}) {
      result.limits.push_back({{f, 1, m}, {1 / std::sqrt(width), 0.01}});
    }
    LossHessian loss;
    loss.width = width;
    loss.top = {4, 0.1};
    result.losses.push_back(loss);
  }
  result.checks = {1e-14, 1e-15, 1e-12};
  return result;
}

BOOST_AUTO_TEST_CASE(a_verdict_fails_when_one_figure_contradicts_it) {
  const Result good = good_result();
  for (const Verdict& one : Linearity::verdicts({}, good)) {
    BOOST_TEST(one.holds, one.id << ": " << one.measured);
  }
  const auto fails = [&](const std::string& id, auto spoil) {
    Result result = good;
    spoil(result);
    const std::vector<Verdict> verdicts = Linearity::verdicts({}, result);
    const auto found = std::find_if(verdicts.begin(), verdicts.end(),
                                    [&](const Verdict& one) { return one.id == id; });
    BOOST_REQUIRE_MESSAGE(found != verdicts.end(), id);
    BOOST_TEST(!found->holds, id);
  };
  fails("A1", [](Result& r) { r.two_layer[5].lanczos = 2e-6; });
  fails("A2a", [](Result& r) { r.two_layer[3].norm[2].value *= 1.2; });
  fails("A2b", [](Result& r) { r.two_layer[4].norm[2].value *= 1.2; });
  fails("A2c", [](Result& r) { r.two_layer[5].norm[2].value /= 1.2; });
  fails("A2d", [](Result& r) { r.two_layer[0].norm[2].value *= 1.3; });
  fails("A2e", [](Result& r) { r.two_layer[0].corrected[2].value *= 1.4; });
  fails("A2f", [](Result& r) { r.two_layer[1].corrected[2].value *= 1.4; });
  fails("A2g", [](Result& r) { r.two_layer[2].corrected[2].value /= 1.4; });
  fails("A3a", [](Result& r) { r.linear_out[2].norm.value *= 1.2; });
  fails("A3b", [](Result& r) { r.tanh_out[2].norm.value /= 1.3; });
  fails("A3c", [](Result& r) { r.narrow[2].norm.value /= 1.2; });
  fails("A3d", [](Result& r) { r.bottlenecks[2].norm.value /= 1.3; });
  fails("A4a", [](Result& r) { r.paths[2].change.value *= 3; });
  fails("A4b", [](Result& r) { r.paths[2].change.value = 0.021; });
  fails("A4c", [](Result& r) { r.paths[4].change.value = 0.49; });
  fails("A4d", [](Result& r) { r.paths[5].change.value = 0.5; });
  fails("A5a", [](Result& r) { r.two_layer[1].taylor = 1.01; });
  fails("A5b", [](Result& r) { r.two_layer[1].quotient = 0.02; });
  fails("A6", [](Result& r) { r.two_layer[2].gradient[2].value = 1.2; });
  fails("A7", [](Result& r) { r.checks.products = 2e-10; });
  fails("A7", [](Result& r) { r.checks.layers = 2e-10; });
  fails("Lr1", [](Result& r) { r.limits[2].distance.value *= 2; });
  fails("G", [](Result& r) { r.losses[2].top.value = 3; });
  fails("P", [](Result& r) { r.paths[1].pl = 0.99; });
}

BOOST_AUTO_TEST_CASE(the_expected_time_is_the_sum_over_the_cells) {
  Config config = Linearity::preset(Preset::kQuick);
  config.widths = {16, 32};
  config.path_widths = {8, 16};
  config.steps = 20;
  config.deep_widths = {8, 16};
  config.narrow_widths = {8, 16};
  config.wide = 16;
  config.bottlenecks = {2, 4};
  config.panel_width = 16;
  config.panel_bottlenecks = {2, 4};
  config.panel_steps = 10;
  config.limit_widths = {8, 16};
  config.loss_widths = {8, 16};
  double sum = 0;
  Run run(7, {}, kGoOn, [&](const Run::Cell& cell) { sum += cell.seconds; });
  Linearity::run(config, run);
  BOOST_TEST(sum == Linearity::seconds(config), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused_before_the_first_cell) {
  const auto refuses = [](auto spoil, const std::string& text) {
    Config config = Linearity::preset(Preset::kQuick);
    spoil(config);
    std::size_t cells = 0;
    Run run(7, {}, kGoOn, [&](const Run::Cell&) { ++cells; });
    BOOST_CHECK_EXCEPTION(Linearity::run(config, run), ArgumentError,
                          [&](const std::exception& error) { return error.what() == text; });
    BOOST_TEST(cells == 0u);
  };
  refuses(
      [](Config& c) {
        c.widths = {1, 2};
      },
      "linearity: the number must be at least 2 and at most 1048576; got widths 1");
  refuses([](Config& c) { c.path_widths.clear(); },
          "linearity: there must be at least 2 widths; got path_widths 0");
  refuses(
      [](Config& c) {
        c.deep_widths = {8, 8};
      },
      "linearity: widths must increase; got deep_widths 8");
  refuses([](Config& c) { c.narrow = 0; },
          "linearity: the number must be at least 1 and at most 32768; got narrow 0");
  refuses([](Config& c) { c.limit_layers = {21}; },
          "linearity: the number must be at least 1 and at most 20; got limit_layers 21");
}

}  // namespace
}  // namespace surplus::apps
