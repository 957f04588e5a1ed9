#include "apps/studies/itml/neighbors.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "apps/runner/cells.h"
#include "apps/studies/itml/data.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/data/scale.h"
#include "surplus/data/split.h"
#include "surplus/linear/classifier.h"
#include "surplus/metric/itml_online.h"
#include "surplus/metric/knn.h"

namespace surplus::apps::itml {
namespace {

// Rows, features and classes, for the expected time.
struct Size {
  double rows, features, classes;
};
const std::map<std::string, Size, std::less<>> kSizes = {{"iris", {150, 4, 3}},
                                                         {"wine", {178, 13, 3}},
                                                         {"ionosphere", {351, 34, 2}},
                                                         {"balance-scale", {625, 4, 3}},
                                                         {"soybean-small", {47, 35, 4}}};

struct Part {
  Matrix<double> x;
  std::vector<std::size_t> labels;
};

struct Fold {
  Part train, test;
};

Part part_of(const Matrix<double>& x, std::span<const std::size_t> labels,
             std::span<const std::size_t> rows) {
  Part part{take_rows(x, rows), {}};
  for (const std::size_t row : rows) part.labels.push_back(labels[row]);
  return part;
}

// Two halves with the classes divided alike, each once for training.
std::vector<Fold> two_folds(const Part& all, Rng rng) {
  const Split halves = stratified_split(all.labels, 0.5, rng);
  const Part a = part_of(all.x, all.labels, halves.train);
  const Part b = part_of(all.x, all.labels, halves.test);
  return {{a, b}, {b, a}};
}

// Scaled by what the training half alone says.
Fold standardized(const Fold& fold) {
  const Scaling scaling = fit_scaling(fold.train.x);
  return {{standardize(fold.train.x, scaling), fold.train.labels},
          {standardize(fold.test.x, scaling), fold.test.labels}};
}

double knn_error(const Fold& fold, const Matrix<double>& transform) {
  const auto predicted = knn_classify(
      fold.train.x, fold.train.labels, fold.test.x,
      {.neighbors = std::min<std::size_t>(4, fold.train.x.rows()), .transform = transform});
  return 1 - accuracy(predicted, fold.test.labels);
}

// Random pairs of the training half, their kind by its labels. Drawn with replacement, since the
// smallest set has fewer pairs than are asked for; as a table, because every sweep reads them.
Pairs pairs_of(const Part& train, std::size_t count, const Rng& rng) {
  return listed_pairs(
      random_pairs_with_replacement(train.labels, count, rng.split("pairs")).list());
}

class Comparison {
 public:
  Comparison(const NeighborDesign& design, std::size_t pairs, const Run& run)
      : design_(design), pairs_(pairs), run_(run) {}

  Errors errors(const Part& all, bool scaled, const Rng& rng) const {
    Errors sums;
    const auto folds = two_folds(all, rng.split("folds"));
    for (std::size_t f = 0; f < folds.size(); ++f) {
      const Fold fold = scaled ? standardized(folds[f]) : folds[f];
      const Rng own = rng.split("fold").split(f);
      sums.euclid += knn_error(fold, {});
      sums.inverse_covariance +=
          knn_error(fold, metric_transform(prior_metric("itml", fold.train.x,
                                                        MetricPrior::kInverseCovariance, {})));
      sums.itml += itml_error(fold, 1, MetricPrior::kIdentity, own);
      sums.itml_prior += itml_error(fold, 1, MetricPrior::kInverseCovariance, own);
      sums.itml_cv +=
          itml_error(fold, best_gamma(fold.train, own.split("inner")), MetricPrior::kIdentity, own);
      sums.lego += lego_error(fold, own);
    }
    return {sums.euclid / 2,  sums.inverse_covariance / 2, sums.itml / 2,
            sums.itml_cv / 2, sums.itml_prior / 2,         sums.lego / 2};
  }

 private:
  double itml_error(const Fold& fold, double gamma, MetricPrior prior, const Rng& rng) const {
    const ItmlResult fit = fit_itml(
        fold.train.x, pairs_of(fold.train, pairs_, rng),
        {.slack = gamma, .prior = prior, .sweeps = design_.sweeps, .observer = run_.observer()});
    return knn_error(fold, fit.transform);
  }

  // The gamma of the least error in a two-fold cross-validation within the training half, the first
  // of equals.
  double best_gamma(const Part& train, const Rng& rng) const {
    double best = 1, least = std::numeric_limits<double>::infinity();
    if (design_.gammas.empty()) return best;
    const auto folds = two_folds(train, rng.split("folds"));
    for (const double gamma : design_.gammas) {
      double error = 0;
      for (std::size_t f = 0; f < folds.size(); ++f) {
        error += itml_error(folds[f], gamma, MetricPrior::kIdentity, rng.split("fold").split(f));
      }
      if (error < least) least = error, best = gamma;
    }
    return best;
  }

  // The rate is 1 in units of the larger bound, so that it means the same for every scale of x.
  double lego_error(const Fold& fold, const Rng& rng) const {
    const ItmlBounds bounds =
        itml_bounds(fold.train.x, prior_metric("itml", fold.train.x, MetricPrior::kIdentity, {}),
                    {}, rng.split("bounds"));
    const ItmlOnlineResult fit =
        fit_itml_online(fold.train.x, pairs_of(fold.train, pairs_, rng),
                        {.rate = 1 / (bounds.different * bounds.different), .bounds = bounds});
    return knn_error(fold, fit.transform);
  }

  const NeighborDesign& design_;
  std::size_t pairs_;
  const Run& run_;
};

double seconds_per_repeat(const NeighborDesign& design, std::string_view set) {
  const auto [rows, features, classes] = kSizes.find(set)->second;
  const double fits =
      2 * (2 + (design.gammas.empty() ? 1 : 1 + 2 * static_cast<double>(design.gammas.size())));
  const double projections = 20 * classes * classes * static_cast<double>(design.sweeps) / 2;
  return fits * (projections * (2e-8 + 4e-10 * features * features) + 2e-9 * rows * rows);
}

}  // namespace

double neighbor_seconds(const NeighborDesign& design) {
  double sum = 0;
  for (const std::string& set : design.sets) {
    sum += 2 * static_cast<double>(design.repeats) * seconds_per_repeat(design, set);
  }
  return sum;
}

NeighborTable run_neighbors(const NeighborDesign& design, Run& run) {
  NeighborTable result;
  for (const std::string& set : design.sets) {
    if (!design.require_data && !is_present(set, run.data_directory)) {
      result.absent.push_back(set);
      continue;
    }
    Samples samples = load_set(set, run.data_directory);
    const Part all{std::move(samples.x), std::move(samples.labels)};
    const std::size_t classes = samples.label_names.size();
    const std::size_t pairs = 20 * classes * classes;
    const Comparison comparison(design, pairs, run);
    for (const bool scaled : {false, true}) {
      NeighborCell cell{set, scaled, all.x.rows(), all.x.cols(), classes, pairs};
      cell.repeats.resize(design.repeats);
      const double expected = seconds_per_repeat(design, set);
      parallel_for(design.repeats, [&](std::size_t r) {
        // Raw and standardised features see the same folds and the same pairs.
        const Rng rng = run.rng().split("U").split(set).split(r);
        const auto values =
            run.cell(fmt::format("U, {}, {}, repeat {}", set, scaled ? "z" : "raw", r), expected,
                     kValues<Errors>,
                     [&] { return pack(std::vector{comparison.errors(all, scaled, rng)}); });
        cell.repeats[r] = unpack<Errors>(values).front();
        if (design.gammas.empty()) {
          cell.repeats[r].itml_cv = std::numeric_limits<double>::quiet_NaN();
        }
      });
      result.cells.push_back(std::move(cell));
    }
  }
  return result;
}

}  // namespace surplus::apps::itml
