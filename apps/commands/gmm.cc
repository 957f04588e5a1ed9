#include "apps/commands/gmm.h"

#include <fmt/format.h>

#include <array>
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
#include "surplus/mixture/gmm.h"
#include "surplus/mixture/gmm_file.h"
#include "surplus/mixture/gmm_queries.h"

namespace surplus::apps {
namespace {

constexpr std::array<std::pair<std::string_view, CovarianceKind>, 4> kCovariances = {{
    {"full", CovarianceKind::kFull},
    {"tied", CovarianceKind::kTied},
    {"diagonal", CovarianceKind::kDiagonal},
    {"spherical", CovarianceKind::kSpherical},
}};
constexpr std::array<std::pair<std::string_view, GmmStart>, 4> kStarts = {{
    {"kmeans", GmmStart::kKMeans},
    {"kmeans++", GmmStart::kKMeansPlusPlus},
    {"random-rows", GmmStart::kRandomRows},
    {"random-responsibilities", GmmStart::kRandomResponsibilities},
}};

template <typename Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  names.reserve(table.size());
  for (const auto& [name, value] : table) names.emplace_back(name);
  return names;
}

// The value of a name that the parser has checked.
template <typename Value, std::size_t kSize>
Value value_of(const std::array<std::pair<std::string_view, Value>, kSize>& table,
               std::string_view name) {
  std::size_t i = 0;
  while (table[i].first != name) ++i;
  return table[i].second;
}

struct FitArguments {
  TableOptions table;
  std::string model;
  std::string from;
  std::string sample_weights;
  std::string covariance = "full";
  std::string start = "kmeans";
  std::vector<std::string> fixed;
  GmmConfig config;
  std::size_t threads = 0;
};

void fit(const FitArguments& arguments, const std::atomic<bool>& stop) {
  set_thread_count(arguments.threads);
  GmmConfig config = arguments.config;
  config.covariance = value_of(kCovariances, arguments.covariance);
  config.start = value_of(kStarts, arguments.start);
  if (!arguments.from.empty()) {
    config.given = load_gmm(arguments.from);
    config.components = config.given.components();
    config.covariance = config.given.kind;
    config.start = GmmStart::kGiven;
  }
  SURPLUS_REQUIRE(arguments.fixed.empty() || !arguments.from.empty(), ArgumentError, "--fix",
                  "what is held fixed must be given by --from", "fixed", arguments.fixed.front());
  for (const std::string& part : arguments.fixed) {
    if (part == "weights") config.fixed_weights = true;
    if (part == "means") config.means = MeansRule::kFixed;
    if (part == "covariances") config.fixed_covariances = true;
  }
  config.keep_trace = false;
  config.observer = [&stop](const Progress&) { return !stop; };

  const Samples samples = read_table(arguments.table);
  Matrix<double> weights;
  if (!arguments.sample_weights.empty()) {
    weights = read_table({.path = arguments.sample_weights}).x;
    SURPLUS_REQUIRE(weights.cols() == 1, ShapeError, "--sample-weights",
                    "the file must have one column", "columns", weights.cols());
    config.sample_weights = weights.values();
  }
  const GmmResult result = fit_gmm(samples.x, config);
  if (result.stop == surplus::Stop::kCancelled) throw Interrupted();
  save_gmm(result.mixture, arguments.model);
  fmt::print("rows {}\nfeatures {}\ncomponents {}\ncovariance {}\n", samples.x.rows(),
             samples.x.cols(), result.mixture.components(), to_text(result.mixture.kind));
  fmt::print("stop {}\niterations {}\nlog_likelihood_per_row {}\nbic {}\naic {}\n",
             to_text(result.stop), result.iterations, to_text(result.log_likelihood),
             to_text(bic(result.mixture, samples.x, config.sample_weights)),
             to_text(aic(result.mixture, samples.x, config.sample_weights)));
  if (result.repaired > 0) fmt::print("repaired_covariances {}\n", result.repaired);
  fmt::print("model {}\n", arguments.model);
}

struct PredictArguments {
  std::string model;
  TableOptions table;
  bool probabilities = false;
  std::string out;
};

void predict_table(const PredictArguments& arguments) {
  const GaussianMixture mixture = load_gmm(arguments.model);
  const Samples samples = read_table(arguments.table);
  const std::vector<std::size_t> labels = predict(mixture, samples.x);
  const std::vector<double> densities = score_samples(mixture, samples.x);
  Matrix<double> responsibilities;
  std::vector<std::string> names = {"component", "log_density"};
  if (arguments.probabilities) {
    responsibilities = predict_proba(mixture, samples.x);
    for (std::size_t i = 0; i < mixture.components(); ++i) names.push_back(fmt::format("p{}", i));
  }
  Matrix<double> columns(samples.x.rows(), names.size());
  for (std::size_t n = 0; n < columns.rows(); ++n) {
    columns(n, 0) = static_cast<double>(labels[n]);
    columns(n, 1) = densities[n];
    for (std::size_t i = 2; i < names.size(); ++i) columns(n, i) = responsibilities(n, i - 2);
  }
  write_table(names, columns, arguments.out);
}

struct SampleArguments {
  std::string model;
  std::size_t rows = 0;
  std::uint64_t seed = 1;
  bool labels = false;
  std::string out;
};

void sample_table(const SampleArguments& arguments) {
  const GaussianMixture mixture = load_gmm(arguments.model);
  Rng rng(arguments.seed);
  const GmmSample drawn = sample(mixture, arguments.rows, rng);
  std::vector<std::string> names;
  for (std::size_t j = 0; j < mixture.features(); ++j) names.push_back(fmt::format("x{}", j));
  if (!arguments.labels) {
    write_table(names, drawn.x, arguments.out);
    return;
  }
  names.emplace_back("component");
  Matrix<double> columns(drawn.x.rows(), names.size());
  for (std::size_t n = 0; n < columns.rows(); ++n) {
    for (std::size_t j = 0; j < mixture.features(); ++j) columns(n, j) = drawn.x(n, j);
    columns(n, mixture.features()) = static_cast<double>(drawn.labels[n]);
  }
  write_table(names, columns, arguments.out);
}

void add_fit(CLI::App& gmm, const std::atomic<bool>& stop) {
  CLI::App* const command = gmm.add_subcommand("fit", "fit a mixture to a table by EM");
  const auto arguments = std::make_shared<FitArguments>();
  GmmConfig& config = arguments->config;
  add_table_options(*command, arguments->table);
  command->add_option("--out", arguments->model, "file for the mixture, JSON")->required();
  command->add_option("--sample-weights", arguments->sample_weights,
                      "CSV or NPY file of one column: how much each row counts");
  CLI::Option* const components =
      command->add_option("-k,--components", config.components, "number of Gaussians")
          ->check(whole_number())
          ->capture_default_str();
  CLI::Option* const covariance =
      command
          ->add_option("--covariance", arguments->covariance, "what the covariances have in common")
          ->check(CLI::IsMember(names_of(kCovariances)))
          ->capture_default_str();
  CLI::Option* const start = command->add_option("--start", arguments->start, "where EM starts")
                                 ->check(CLI::IsMember(names_of(kStarts)))
                                 ->capture_default_str();
  command->add_option("--from", arguments->from, "start from this mixture, exactly as it is")
      ->excludes(components)
      ->excludes(covariance)
      ->excludes(start);
  command
      ->add_option("--fix", arguments->fixed,
                   "weights,means,covariances: hold these as --from gives them")
      ->delimiter(',')
      ->check(CLI::IsMember({"weights", "means", "covariances"}));
  command->add_option("--starts", config.starts, "the best of this many")
      ->check(whole_number())
      ->capture_default_str();
  command->add_option("--iterations", config.iterations, "completed at most")
      ->check(whole_number())
      ->capture_default_str();
  command
      ->add_option("--tolerance", config.tolerance,
                   "change of the mean log-likelihood below which EM has converged")
      ->capture_default_str();
  command->add_option("--floor", config.covariance_floor, "added to every variance")
      ->capture_default_str();
  command->add_option("--seed", config.seed, "of all random numbers")
      ->check(whole_number())
      ->capture_default_str();
  command->add_option("--threads", arguments->threads, "0: one per core; the figures do not change")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command->footer(
      "Examples:\n  surplus gmm fit points.csv -k 3 --out model.json\n"
      "  surplus gmm fit optdigits.tra --label-column -1 -k 10 --covariance diagonal --out m.json\n"
      "  surplus gmm fit x.npy --from model.json --fix weights --out refined.json");
  command->callback([arguments, &stop] { fit(*arguments, stop); });
}

void add_predict(CLI::App& gmm) {
  CLI::App* const command = gmm.add_subcommand(
      "predict", "the likeliest component and the log-density (in nats) of each row of a table");
  const auto arguments = std::make_shared<PredictArguments>();
  command->add_option("MODEL", arguments->model, "what `surplus gmm fit` wrote")->required();
  add_table_options(*command, arguments->table);
  command->add_flag("--proba", arguments->probabilities, "the responsibilities as well");
  command->add_option("--out", arguments->out, "file, CSV or .npy; else standard output");
  command->footer(
      "Examples:\n  surplus gmm predict model.json points.csv\n"
      "  surplus gmm predict model.json points.csv --proba --out p.npy");
  command->callback([arguments] { predict_table(*arguments); });
}

void add_sample(CLI::App& gmm) {
  CLI::App* const command = gmm.add_subcommand("sample", "draw rows from a mixture");
  const auto arguments = std::make_shared<SampleArguments>();
  command->add_option("MODEL", arguments->model, "what `surplus gmm fit` wrote")->required();
  command->add_option("-n,--rows", arguments->rows, "how many")->check(whole_number())->required();
  command->add_option("--seed", arguments->seed, "of all random numbers")
      ->check(whole_number())
      ->capture_default_str();
  command->add_flag("--labels", arguments->labels, "the component of each row as a last column");
  command->add_option("--out", arguments->out, "file, CSV or .npy; else standard output");
  command->footer("Examples:\n  surplus gmm sample model.json -n 1000 --seed 7 --out points.csv");
  command->callback([arguments] { sample_table(*arguments); });
}

}  // namespace

void add_gmm_command(CLI::App& app, const std::atomic<bool>& stop) {
  CLI::App* const gmm = app.add_subcommand("gmm", "Gaussian mixtures on your own CSV or NPY file");
  gmm->require_subcommand(1);
  gmm->footer(
      "Examples:\n  surplus gmm fit points.csv -k 3 --out model.json\n"
      "  surplus gmm predict model.json points.csv\n"
      "  surplus gmm sample model.json -n 1000 --out more.csv");
  add_fit(*gmm, stop);
  add_predict(*gmm);
  add_sample(*gmm);
}

}  // namespace surplus::apps
