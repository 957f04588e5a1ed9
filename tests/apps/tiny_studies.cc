// A table of studies that compute next to nothing, for the tests of the command line.

#include <array>
#include <chrono>
#include <cmath>
#include <thread>

#include "apps/data/lookup.h"
#include "apps/studies/study.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus::apps {
namespace {

// The mean of normal numbers, cell by cell.
struct Tiny {
  static constexpr std::string_view kName = "tiny";
  static constexpr std::string_view kPaper = "Nobody (1900), On the mean of nothing, J. Tests 1";
  static constexpr std::string_view kClaim = "The mean of standard normal numbers is zero";

  struct Config {
    std::uint64_t cells = 8;
    std::uint64_t pause = 0;
    double limit = 5;
    bool heat_map = true;
    std::string label = "mean & <more>";
    std::vector<double> offsets = {0, 0.25};
    std::vector<std::uint64_t> lengths = {1000, 3000};

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("cells", cells, "number of cells");
      visit("pause", pause, "pause inside each cell, in ms");
      visit("limit", limit, "standard errors by which a mean may be off");
      visit("heat_map", heat_map, "draw the second figure");
      visit("label", label, "name of the series");
      visit("offsets", offsets, "added to the numbers");
      visit("lengths", lengths, "numbers per mean");
    }
  };

  struct Result {
    std::vector<double> means;
    double spread = 0;
  };

  static Config preset(Preset preset) {
    Config config;
    config.cells = preset == Preset::kQuick ? 4 : preset == Preset::kPaper ? 12 : 8;
    return config;
  }

  static double seconds(const Config& config) {
    return static_cast<double>(config.cells) * (1e-3 + 1e-3 * static_cast<double>(config.pause));
  }

  static Result run(const Config& config, Run& run) {
    SURPLUS_REQUIRE(config.cells >= 2, ArgumentError, "tiny", "cells must be at least 2", "cells",
                    config.cells);
    Result result;
    for (std::uint64_t i = 0; i < config.cells; ++i) {
      const auto values = run.cell(
          "mean " + std::to_string(i), 1e-3 * static_cast<double>(1 + config.pause), 2, [&] {
            const std::size_t n = config.lengths.at(i % config.lengths.size());
            const Rng rng = run.rng().split("mean").split(i);
            double sum = config.offsets.at(i % config.offsets.size()) * static_cast<double>(n);
            parallel_fold(
                Chunks{n, 100}, sum,
                [&](std::size_t begin, std::size_t end) {
                  double part = 0;
                  for (std::size_t j = begin; j < end; ++j) part += rng.split(j).normal();
                  return part;
                },
                [](double& total, double part) { total += part; });
            std::this_thread::sleep_for(std::chrono::milliseconds(config.pause));
            return std::vector<double>{sum / static_cast<double>(n), std::nan("")};
          });
      result.means.push_back(values[0]);
      result.spread = std::max(result.spread, std::abs(values[0]));
    }
    return result;
  }

  static std::vector<Verdict> verdicts(const Config& config, const Result& result) {
    const double error = 1 / std::sqrt(static_cast<double>(config.lengths[0]));
    const bool holds = std::abs(result.means[0]) <= config.limit * error;
    return {{.id = "1",
             .claim = "the mean is zero",
             .paper = 0,
             .measured = result.means[0],
             .standard_error = error,
             .holds = holds,
             .note = "one mean of normal numbers"},
            {.id = "2",
             .claim = "every mean is finite",

             .measured = result.spread,

             .holds = std::isfinite(result.spread)}};
  }

  static Rendering render(const Config& config, const Result& result) {
    Table table{.name = "means",
                .title = "All means",
                .columns = {"cell", "mean", "comment"},
                .units = {"", "s.d.", ""}};
    Series series{.label = config.label, .style = Series::Style::kLinePoints};
    for (std::size_t i = 0; i < result.means.size(); ++i) {
      table.rows.push_back(
          {static_cast<double>(i), result.means[i], i == 0 ? "first, \"the\" one" : ""});
      series.x.push_back(static_cast<double>(i));
      series.y.push_back(result.means[i]);
    }
    Rendering rendering{.tables = {table}};
    Figure line{.name = "means",
                .title = "Means are near zero",
                .caption = "One point per cell.",
                .panels = {{.x = {.label = "cell"}, .y = {.label = "mean (s.d.)"}}}};
    line.panels[0].series = {series};
    line.panels[0].references = {{ReferenceLine::Direction::kHorizontal, 0, "the truth"}};
    rendering.figures.push_back(line);
    if (!config.heat_map) return rendering;
    Figure map{.name = "map",
               .title = "The same in colour",
               .caption = "One cell per cell.",
               .panels = {{.x = {.label = "cell"}}}};
    map.panels[0].heat_map = HeatMap{.values = {result.means}, .label = "mean (s.d.)"};
    rendering.figures.push_back(map);
    return rendering;
  }
};

// The same with a pause in each cell: long enough to be interrupted.
struct Long : Tiny {
  static constexpr std::string_view kName = "long";

  static Config preset(Preset preset) {
    Config config = Tiny::preset(preset);
    config.pause = 50;
    return config;
  }
};

// A study whose one verdict fails.
struct Failing {
  static constexpr std::string_view kName = "failing";
  static constexpr std::string_view kPaper = "Nobody (1901), On being wrong, J. Tests 2";
  static constexpr std::string_view kClaim = "One is two";

  struct Config {
    template <typename Visitor>
    void visit(Visitor&&) {}
  };
  struct Result {};

  static Config preset(Preset) { return {}; }
  static double seconds(const Config&) { return 7500; }
  static Result run(const Config&, Run&) { return {}; }
  static std::vector<Verdict> verdicts(const Config&, const Result&) {
    return {{.id = "1",
             .claim = "one is two",
             .paper = 2,
             .measured = 1,

             .holds = false,
             .note = "one is one"}};
  }
  static Rendering render(const Config&, const Result&) { return {}; }
};

// A study whose data set is not there.
struct Absent : Failing {
  static constexpr std::string_view kName = "absent";

  static Result run(const Config&, Run&) {
    throw MissingDataset("find_dataset: mnist must be fetched first: surplus data fetch mnist");
  }
};

constexpr std::array kStudies = {study_entry<Tiny>(), study_entry<Long>(), study_entry<Failing>(),
                                 study_entry<Absent>()};

}  // namespace

std::span<const StudyEntry> studies() { return kStudies; }

}  // namespace surplus::apps
