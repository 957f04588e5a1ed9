#include "surplus/metric/metric_file.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/metric/mahalanobis.h"

namespace surplus {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "surplus-metric";
constexpr int kVersion = 1;

void check(std::string_view function, const MetricModel& model) {
  SURPLUS_REQUIRE(!model.metric.empty(), ShapeError, function, "the metric must have a feature",
                  "metric", model.metric.shape());
  require_metric(function, "metric", model.metric, model.metric.cols());
  SURPLUS_REQUIRE(!model.threshold || std::isfinite(*model.threshold), ArgumentError, function,
                  "threshold must be finite", "threshold", *model.threshold);
}

MetricModel model_of(const Json& json) {
  SURPLUS_REQUIRE(json.at("format") == kFormat && json.at("version") == kVersion, DataError,
                  "load_metric", "the file must hold a metric of version 1", "format",
                  json.at("format").dump(), "version", json.at("version").dump());
  const auto rows = json.at("metric").get<std::vector<std::vector<double>>>();
  MetricModel model{Matrix<double>(rows.size(), rows.size()), {}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SURPLUS_REQUIRE(rows[i].size() == rows.size(), DataError, "load_metric",
                    "rows must be as long as they are many", "row", i, "elements", rows[i].size(),
                    "rows", rows.size());
    std::copy(rows[i].begin(), rows[i].end(), model.metric.row(i).begin());
  }
  if (!json.at("threshold").is_null()) model.threshold = json.at("threshold").get<double>();
  check("load_metric", model);
  return model;
}

}  // namespace

void save_metric(const MetricModel& model, const std::string& path) {
  check("save_metric", model);
  Json rows = Json::array();
  for (std::size_t i = 0; i < model.metric.rows(); ++i) {
    rows.push_back(std::vector<double>(model.metric.row(i).begin(), model.metric.row(i).end()));
  }
  Json json = {
      {"format", kFormat}, {"version", kVersion}, {"metric", rows}, {"threshold", nullptr}};
  if (model.threshold) json["threshold"] = *model.threshold;
  write_file_atomically(path, json.dump(1) + "\n");
}

MetricModel load_metric(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return model_of(Json::parse(text));
  } catch (const Json::parse_error& error) {
    throw DataError(error_message("load_metric", "the file must be JSON", "path", path, "byte",
                                  error.byte, "size", text.size()));
  } catch (const Json::exception&) {
    throw DataError(error_message(
        "load_metric", "the file must hold format, version, metric and threshold", "path", path));
  } catch (const std::invalid_argument& error) {
    throw DataError(std::string(error.what()) + ", path " + path);
  } catch (const std::runtime_error& error) {
    throw DataError(std::string(error.what()) + ", path " + path);
  }
}

}  // namespace surplus
