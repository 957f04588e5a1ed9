#include "apps/commands/itml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/commands/tables.h"
#include "apps/commands/whole_number.h"
#include "apps/runner/run.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/data/csv.h"
#include "surplus/data/npy.h"
#include "surplus/metric/itml.h"
#include "surplus/metric/itml_online.h"
#include "surplus/metric/metric_file.h"
#include "surplus/metric/metric_queries.h"

namespace surplus::apps {
namespace {

// Pairs that a threshold is calibrated on: the first of them if there are more.
constexpr std::size_t kCalibrated = 1 << 20;

struct FitArguments {
  TableOptions table;
  std::string pairs;
  std::string sampling = "balanced";
  std::size_t constraints = 0;
  std::string model;
  std::string prior = "identity";
  std::string from;
  std::vector<double> bounds;
  std::vector<double> percentiles = {5, 95};
  std::string bound_rule = "squared";
  bool online = false;
  double rate = ItmlOnlineConfig().rate;
  ItmlConfig config;
  std::size_t threads = 0;
};

// The pairs of a file: two rows of the table, counted from 0, and 1, 0 or -1.
std::vector<Pair> read_pairs(const std::string& path, std::size_t rows) {
  const Matrix<double> table = path.ends_with(".npy") ? read_npy<double>(path) : read_csv(path).x;
  SURPLUS_REQUIRE(table.cols() == 3, ShapeError, "--pairs",
                  "the file must have three columns: first row, second row, similar", "columns",
                  table.cols());
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double first = table(i, 0), second = table(i, 1), similar = table(i, 2);
    const auto names_row = [&](double number) {
      return number >= 0 && number < static_cast<double>(rows) && number == std::floor(number);
    };
    SURPLUS_REQUIRE(names_row(first) && names_row(second) && std::abs(similar * similar) <= 1 &&
                        similar == std::floor(similar),
                    ArgumentError, "--pairs",
                    "a pair must be two rows of the table, from 0, and 1 if they are similar, 0 or "
                    "-1 if not",
                    "pair", i, "first", first, "second", second, "similar", similar, "rows", rows);
    pairs.push_back(
        {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(second), similar == 1});
  }
  return pairs;
}

// Pairs from labels; without a number, 20 k^2 of each kind for k classes, or as many as there are.
Pairs label_pairs(const FitArguments& arguments, const Samples& samples) {
  SURPLUS_REQUIRE(!samples.labels.empty(), ArgumentError, "surplus itml fit",
                  "constraints must come from --label-column or --pairs", "labels",
                  samples.labels.size());
  const Rng rng = Rng(arguments.config.seed).split("constraints");
  const std::size_t wanted = 20 * samples.label_names.size() * samples.label_names.size();
  Pairs all = all_pairs(samples.labels);
  if (arguments.sampling == "all") return all;
  const std::size_t given = arguments.constraints;
  if (arguments.sampling == "balanced") {
    const std::size_t similar = similar_pair_count(samples.labels);
    return balanced_pairs(samples.labels, given > 0 ? given : std::min(wanted, similar),
                          given > 0 ? given : std::min(wanted, all.count - similar), rng);
  }
  if (arguments.sampling == "random") {
    return random_pairs(samples.labels, given > 0 ? given : std::min(2 * wanted, all.count), rng);
  }
  return random_pairs_with_replacement(samples.labels, given > 0 ? given : 2 * wanted, rng);
}

void print_bounds(const ItmlBounds& bounds) {
  fmt::print("bound_similar {}\nbound_different {}\n", to_text(bounds.similar),
             to_text(bounds.different));
}

// Learns, prints how that ended and returns A and L.
std::pair<Matrix<double>, Matrix<double>> learn(const FitArguments& arguments,
                                                const ItmlConfig& config, const Samples& samples,
                                                const Pairs& pairs) {
  if (arguments.online) {
    ItmlOnlineResult result = fit_itml_online(samples.x, pairs,
                                              {.rate = arguments.rate,
                                               .prior = config.prior,
                                               .given_prior = config.given_prior,
                                               .bounds = config.bounds,
                                               .bounds_config = config.bounds_config,
                                               .seed = config.seed});
    print_bounds(result.bounds);
    fmt::print("steps {}\n", result.steps);
    return {std::move(result.metric), std::move(result.transform)};
  }
  ItmlResult result = fit_itml(samples.x, pairs, config);
  if (result.stop == surplus::Stop::kCancelled) throw Interrupted();
  print_bounds(result.bounds);
  fmt::print("stop {}\nsweeps {}\ndual_change {}\nresidual {}\nlog_det {}\n", to_text(result.stop),
             result.sweeps, to_text(result.dual_change), to_text(result.residual),
             to_text(result.log_det));
  if (result.skipped > 0) fmt::print("skipped_pairs {}\n", result.skipped);
  if (result.repaired > 0) fmt::print("repaired_metrics {}\n", result.repaired);
  return {std::move(result.metric), std::move(result.transform)};
}

void fit(const FitArguments& arguments, const std::atomic<bool>& stop) {
  set_thread_count(arguments.threads);
  ItmlConfig config = arguments.config;
  if (arguments.prior == "inverse-covariance") config.prior = MetricPrior::kInverseCovariance;
  if (arguments.prior == "random") config.prior = MetricPrior::kRandom;
  if (!arguments.from.empty()) {
    config.prior = MetricPrior::kGiven;
    config.given_prior = load_metric(arguments.from).metric;
  }
  if (!arguments.bounds.empty())
    config.bounds = ItmlBounds{arguments.bounds[0], arguments.bounds[1]};
  config.bounds_config = {.low = arguments.percentiles[0],
                          .high = arguments.percentiles[1],
                          .plain_distances = arguments.bound_rule == "plain",
                          .histogram = arguments.bound_rule == "histogram"};
  config.observer = [&stop](const Progress&) { return !stop; };

  const Samples samples = read_table(arguments.table);
  const Pairs pairs = arguments.pairs.empty()
                          ? label_pairs(arguments, samples)
                          : listed_pairs(read_pairs(arguments.pairs, samples.x.rows()));
  SURPLUS_REQUIRE(pairs.count > 0, ArgumentError, "surplus itml fit", "there must be a constraint",
                  "constraints", pairs.count);
  fmt::print("rows {}\nfeatures {}\nconstraints {}\n", samples.x.rows(), samples.x.cols(),
             pairs.count);
  auto [metric, transform] = learn(arguments, config, samples, pairs);
  const PairThreshold threshold = calibrate_threshold(
      transform, samples.x, Pairs{std::min(pairs.count, kCalibrated), pairs.read});
  fmt::print("threshold {}\npair_accuracy {}\n", to_text(threshold.distance),
             to_text(threshold.score));
  save_metric({std::move(metric), threshold.distance}, arguments.model);
  fmt::print("model {}\n", arguments.model);
}

struct TransformArguments {
  std::string model;
  TableOptions table;
  std::string pairs;
  std::string out;
};

void write_pairs(const TransformArguments& arguments, const MetricModel& model,
                 const Matrix<double>& transform, const Samples& samples) {
  const std::vector<Pair> pairs = read_pairs(arguments.pairs, samples.x.rows());
  const std::vector<double> distances = pair_distances(transform, samples.x, listed_pairs(pairs));
  std::vector<std::string> names = {"first", "second", "distance"};
  if (model.threshold) names.emplace_back("similar");
  Matrix<double> columns(pairs.size(), names.size());
  for (std::size_t c = 0; c < pairs.size(); ++c) {
    columns(c, 0) = pairs[c].first;
    columns(c, 1) = pairs[c].second;
    columns(c, 2) = distances[c];
    if (model.threshold) columns(c, 3) = distances[c] <= *model.threshold ? 1 : 0;
  }
  write_table(names, columns, arguments.out);
}

void transform_table(const TransformArguments& arguments) {
  const MetricModel model = load_metric(arguments.model);
  const Matrix<double> transform = metric_transform(model.metric);
  const Samples samples = read_table(arguments.table);
  if (!arguments.pairs.empty()) {
    write_pairs(arguments, model, transform, samples);
    return;
  }
  std::vector<std::string> names;
  for (std::size_t j = 0; j < transform.rows(); ++j) names.push_back(fmt::format("z{}", j));
  write_table(names, transform_rows(transform, samples.x), arguments.out);
}

void add_constraint_options(CLI::App& command, FitArguments& arguments) {
  CLI::Option* const pairs = command.add_option(
      "--pairs", arguments.pairs,
      "CSV or NPY of constraints: two rows of FILE, from 0, and 1 if similar, 0 or -1 if not");
  command.add_option("--sampling", arguments.sampling, "how pairs are drawn from the labels")
      ->check(CLI::IsMember({"balanced", "random", "replacement", "all"}))
      ->capture_default_str()
      ->excludes(pairs);
  command
      .add_option("-c,--constraints", arguments.constraints,
                  "how many, for balanced of each kind; else 20 k^2 of a kind for k classes")
      ->check(whole_number())
      ->excludes(pairs);
  command
      .add_option("--bounds", arguments.bounds, "u,l: squared distances for similar, dissimilar")
      ->delimiter(',')
      ->expected(2);
  command
      .add_option("--percentiles", arguments.percentiles,
                  "of the distances, for u,l without --bounds")
      ->delimiter(',')
      ->expected(2)
      ->capture_default_str();
  command
      .add_option("--bound-rule", arguments.bound_rule,
                  "of squared distances; as metric-learn; as the authors' program")
      ->check(CLI::IsMember({"squared", "plain", "histogram"}))
      ->capture_default_str();
}

void add_fit(CLI::App& itml, const std::atomic<bool>& stop) {
  CLI::App* const command =
      itml.add_subcommand("fit", "learn a metric from labels or from pairs of rows");
  const auto arguments = std::make_shared<FitArguments>();
  ItmlConfig& config = arguments->config;
  add_table_options(*command, arguments->table);
  command->add_option("--out", arguments->model, "file for the metric, JSON")->required();
  add_constraint_options(*command, *arguments);
  CLI::Option* const prior =
      command->add_option("--prior", arguments->prior, "the metric to stay close to")
          ->check(CLI::IsMember({"identity", "inverse-covariance", "random"}))
          ->capture_default_str();
  command->add_option("--from", arguments->from, "stay close to the metric of this file")
      ->excludes(prior);
  command->add_option("--slack", config.slack, "gamma, the price of missing a bound; inf for hard")
      ->capture_default_str();
  command->add_option("--sweeps", config.sweeps, "over all constraints, at most")
      ->check(whole_number())
      ->capture_default_str();
  command
      ->add_option("--tolerance", config.tolerance,
                   "relative change of the dual variables below which it has converged")
      ->capture_default_str();
  CLI::Option* const online =
      command->add_flag("--online", arguments->online, "one pass, step by step (LEGO)");
  command->add_option("--rate", arguments->rate, "of the online steps")
      ->capture_default_str()
      ->needs(online);
  command->add_option("--seed", config.seed, "of all random numbers")
      ->check(whole_number())
      ->capture_default_str();
  command->add_option("--threads", arguments->threads, "0: one per core; the figures do not change")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command->footer(
      "Examples:\n  surplus itml fit iris.csv --label-column -1 --out metric.json\n"
      "  surplus itml fit points.npy --pairs pairs.csv --slack inf --bounds 1,4 --out metric.json");
  command->callback([arguments, &stop] { fit(*arguments, stop); });
}

void add_transform(CLI::App& itml) {
  CLI::App* const command = itml.add_subcommand(
      "transform", "map rows so that their Euclidean distances are the metric's");
  const auto arguments = std::make_shared<TransformArguments>();
  command->add_option("MODEL", arguments->model, "what `surplus itml fit` wrote")->required();
  add_table_options(*command, arguments->table);
  command->add_option("--pairs", arguments->pairs,
                      "instead, the distance of each of these pairs, and whether it is similar");
  command->add_option("--out", arguments->out, "file, CSV or .npy; else standard output");
  command->footer(
      "Examples:\n  surplus itml transform metric.json iris.csv --label-column -1 --out z.csv\n"
      "  surplus itml transform metric.json points.npy --pairs pairs.csv");
  command->callback([arguments] { transform_table(*arguments); });
}

}  // namespace

void add_itml_command(CLI::App& app, const std::atomic<bool>& stop) {
  CLI::App* const itml =
      app.add_subcommand("itml", "metric learning (ITML) on your own CSV or NPY file");
  itml->require_subcommand(1);
  itml->footer(
      "Examples:\n  surplus itml fit iris.csv --label-column -1 --out metric.json\n"
      "  surplus itml transform metric.json iris.csv --label-column -1 --out z.csv");
  add_fit(*itml, stop);
  add_transform(*itml);
}

}  // namespace surplus::apps
