/// Metrics in files.
#ifndef SURPLUS_METRIC_METRIC_FILE_H_
#define SURPLUS_METRIC_METRIC_FILE_H_

#include <optional>
#include <string>

#include "surplus/core/matrix.h"

namespace surplus {

/// A metric and, if it was calibrated, the plain distance up to which pairs are judged similar.
struct MetricModel {
  Matrix<double> metric = {};  ///< A, d x d, symmetric positive definite
  std::optional<double> threshold = {};
  friend bool operator==(const MetricModel&, const MetricModel&) = default;
};

/// Writes a metric as JSON, under a temporary name that is then renamed: what stood at `path` stays
/// until the new file is complete.
///
/// Throws   ShapeError, ArgumentError, NumericalError if the metric is not square, finite, symmetric
///          and positive definite or the threshold not finite; DataError if the file cannot be
///          written
/// Promises load_metric() gives the same bits back
void save_metric(const MetricModel& model, const std::string& path);

/// Reads what save_metric() wrote.
///
/// Throws   DataError if the file is missing, truncated or anything else than a metric
MetricModel load_metric(const std::string& path);

}  // namespace surplus

#endif  // SURPLUS_METRIC_METRIC_FILE_H_
