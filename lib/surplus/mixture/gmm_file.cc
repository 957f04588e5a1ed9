#include "surplus/mixture/gmm_file.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "surplus/core/file.h"
#include "surplus/mixture/gmm_checks.h"

namespace surplus {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "surplus-gaussian-mixture";
constexpr int kVersion = 1;
constexpr std::array kKinds = {CovarianceKind::kFull, CovarianceKind::kTied,
                               CovarianceKind::kDiagonal, CovarianceKind::kSpherical};

Json rows_of(const Matrix<double>& matrix) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    rows.push_back(std::vector<double>(matrix.row(i).begin(), matrix.row(i).end()));
  }
  return rows;
}

Matrix<double> matrix_of(const Json& json) {
  const auto rows = json.get<std::vector<std::vector<double>>>();
  Matrix<double> matrix(rows.size(), rows.empty() ? 0 : rows.front().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SURPLUS_REQUIRE(rows[i].size() == matrix.cols(), DataError, "load_gmm",
                    "all rows must be equally long", "first", matrix.cols(), "other",
                    rows[i].size());
    std::copy(rows[i].begin(), rows[i].end(), matrix.row(i).begin());
  }
  return matrix;
}

CovarianceKind kind_of(const std::string& name) {
  for (const CovarianceKind kind : kKinds) {
    if (to_text(kind) == name) return kind;
  }
  throw DataError(error_message("load_gmm", "covariance must be full, tied, diagonal or spherical",
                                "covariance", name));
}

GaussianMixture mixture_of(const Json& json) {
  if (json.at("format") != kFormat || json.at("version") != kVersion) {
    throw DataError(error_message("load_gmm", "the file must hold a mixture of version 1", "format",
                                  json.at("format").dump(), "version", json.at("version").dump()));
  }
  GaussianMixture mixture;
  mixture.kind = kind_of(json.at("covariance").get<std::string>());
  mixture.weights = json.at("weights").get<std::vector<double>>();
  mixture.means = matrix_of(json.at("means"));
  mixture.covariances = matrix_of(json.at("covariances"));
  detail::require_mixture("load_gmm", mixture);
  return mixture;
}

}  // namespace

void save_gmm(const GaussianMixture& mixture, const std::string& path) {
  detail::require_mixture("save_gmm", mixture);
  const Json json = {{"format", kFormat},
                     {"version", kVersion},
                     {"covariance", to_text(mixture.kind)},
                     {"weights", mixture.weights},
                     {"means", rows_of(mixture.means)},
                     {"covariances", rows_of(mixture.covariances)}};
  write_file_atomically(path, json.dump(1) + "\n");
}

GaussianMixture load_gmm(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return mixture_of(Json::parse(text));
  } catch (const Json::parse_error& error) {
    throw DataError(error_message("load_gmm", "the file must be JSON", "path", path, "byte",
                                  error.byte, "size", text.size()));
  } catch (const Json::exception&) {
    throw DataError(error_message(
        "load_gmm", "the file must hold format, version, covariance, weights, means, covariances",
        "path", path));
  } catch (const DataError& error) {
    throw DataError(std::string(error.what()) + ", path " + path);
  } catch (const std::invalid_argument& error) {
    throw DataError(std::string(error.what()) + ", path " + path);
  }
}

}  // namespace surplus
