#include "apps/studies/itml/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "apps/runner/cells.h"
#include "apps/studies/itml/data.h"
#include "surplus/core/parallel.h"
#include "surplus/data/scale.h"
#include "surplus/data/split.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linear/discriminant.h"
#include "surplus/linear/logistic.h"
#include "surplus/linear/svm.h"
#include "surplus/metric/itml.h"
#include "surplus/metric/knn.h"

namespace surplus::apps::itml {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSecondsPerProjection = 6e-8;
constexpr double kSecondsPerFit = 0.02;  // of the classifiers

double seconds(const CurveDesign& design, std::size_t pairs) {
  const double sweeps = design.authors ? std::min(100.0, 1 + 1e5 / static_cast<double>(pairs + 1))
                                       : static_cast<double>(design.sweeps);
  return kSecondsPerFit + kSecondsPerProjection * sweeps * static_cast<double>(pairs);
}

struct Half {
  Matrix<double> x;
  std::vector<std::size_t> labels;
};

Half half_of(const Samples& samples, std::span<const std::size_t> rows) {
  Half half{take_rows(samples.x, rows), {}};
  for (const std::size_t row : rows) half.labels.push_back(samples.labels[row]);
  return half;
}

ItmlResult learn(const Half& train, const CurveDesign& design, const std::vector<Pair>& pairs,
                 const Run& run) {
  ItmlConfig config{.slack = design.gamma, .sweeps = design.sweeps, .observer = run.observer()};
  if (design.authors) {
    config.bounds_config.histogram = true;
    config.tolerance = 0.01;
    config.projections = 100001;
  }
  // No pair: the Euclidean metric.
  if (pairs.empty()) config.sweeps = 0;
  return fit_itml(train.x, listed_pairs(pairs), config);
}

MetricFit measure(const Samples& samples, const CurveDesign& design, std::size_t pairs,
                  const Rng& rng, const Run& run) {
  Rng draws = rng.split("split");
  const Split halves =
      split(samples.x.rows(), static_cast<double>(kTest) / (kTest + kTraining), draws);
  Half train = half_of(samples, halves.train), test = half_of(samples, halves.test);
  if (design.standardized) {
    const Scaling scaling = fit_scaling(train.x);
    train.x = standardize(train.x, scaling);
    test.x = standardize(test.x, scaling);
  }
  // As a table, because every sweep reads them.
  const std::vector<Pair> list = random_pairs(train.labels, pairs, rng.split("pairs")).list();
  const ItmlResult metric = learn(train, design, list, run);
  MetricFit fit;
  fit.knn_test = accuracy(
      knn_classify(train.x, train.labels, test.x, {.neighbors = 4, .transform = metric.transform}),
      test.labels);
  const auto map = [&](const Matrix<double>& x) {
    return matmul(x.view(), metric.transform.view(), {.transpose_b = true});
  };
  train.x = map(train.x);
  test.x = map(test.x);
  const auto judge = [&](const LinearClassifier& classifier, double& on_train, double& on_test) {
    on_train = accuracy(predict(classifier, train.x), train.labels);
    on_test = accuracy(predict(classifier, test.x), test.labels);
  };
  judge(fit_logistic(train.x, train.labels).classifier, fit.logistic_train, fit.logistic_test);
  judge(fit_svm(train.x, train.labels).classifier, fit.svm_train, fit.svm_test);
  judge(fit_nearest_mean(train.x, train.labels), fit.mean_train, fit.mean_test);
  judge(fit_logistic(train.x, train.labels, {.c = kInfinity}).classifier, fit.free_train,
        fit.free_test);
  judge(fit_lda(train.x, train.labels), fit.lda_train, fit.lda_test);
  fit.sweeps = static_cast<double>(metric.sweeps);
  fit.dual_change = metric.dual_change;
  fit.converged = metric.stop == Stop::kConverged;
  fit.log_det = metric.log_det;
  fit.least_dual =
      metric.dual.empty() ? 0 : *std::min_element(metric.dual.begin(), metric.dual.end());
  fit.repaired = static_cast<double>(metric.repaired);
  fit.skipped = static_cast<double>(metric.skipped);
  if (pairs > 0) {
    fit.similar = static_cast<double>(std::ranges::count(list, true, &Pair::similar)) /
                  static_cast<double>(pairs);
  }
  return fit;
}

}  // namespace

std::string name_of(const CurveDesign& design) {
  std::string name = fmt::format("{}, gamma {:g}", design.standardized ? "z" : "raw", design.gamma);
  if (design.authors) return name + ", authors' bounds and limit";
  return design.sweeps == 100 ? name : name + fmt::format(", {} sweeps", design.sweeps);
}

double curve_seconds(const std::vector<CurveDesign>& designs,
                     const std::vector<std::uint64_t>& pairs, std::size_t splits) {
  double sum = 0;
  for (const CurveDesign& design : designs) {
    for (const std::uint64_t count : pairs) {
      sum += static_cast<double>(splits) * seconds(design, count);
    }
  }
  return sum;
}

std::vector<Curve> run_curves(const std::vector<CurveDesign>& designs,
                              const std::vector<std::uint64_t>& pairs, std::size_t splits,
                              Run& run) {
  const Samples samples = load_breast_cancer();
  std::vector<Curve> curves;
  for (const CurveDesign& design : designs) {
    Curve curve{design};
    for (const std::uint64_t count : pairs) {
      curve.points.push_back({count, std::vector<MetricFit>(splits)});
    }
    // The dear cells first, so that no thread is left with one at the end.
    parallel_for(splits * pairs.size(), [&](std::size_t task) {
      const std::size_t s = task % splits;
      CurvePoint& point = curve.points[pairs.size() - 1 - task / splits];
      const Rng rng = run.rng().split("Z").split(s);
      const auto values = run.cell(
          fmt::format("Z, {}, c={}, split {}", name_of(design), point.pairs, s),
          seconds(design, point.pairs), kValues<MetricFit>,
          [&] { return pack(std::vector{measure(samples, design, point.pairs, rng, run)}); });
      point.splits[s] = unpack<MetricFit>(values).front();
    });
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace surplus::apps::itml
