#include "surplus/metric/itml.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

#include "kernels/itml.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

constexpr std::size_t kKept = 1 << 20;       // pairs kept as a table of 9 bytes each
constexpr std::size_t kBlock = 4096;         // pairs read at a time if there are more
constexpr double kSameRow = 1e-18;           // squared distance of rows that count as identical
constexpr std::size_t kMostPairs = 1000000;  // whose distances bounds are taken from

bool is_same_row(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum <= kSameRow;
}

void check_data(std::string_view function, MatrixView<const double> x) {
  SURPLUS_REQUIRE(x.rows() >= 2 && x.cols() >= 1, ShapeError, function,
                  "x must have at least 2 rows and 1 column", "shape", x.shape());
  detail::require_finite(function, "x", x);
}

void check(const ItmlConfig& config, const Pairs& pairs) {
  constexpr std::string_view kName = "fit_itml";
  SURPLUS_REQUIRE(config.slack > 0, ArgumentError, kName, "slack must be positive", "slack",
                  config.slack);
  SURPLUS_REQUIRE(config.tolerance >= 0, ArgumentError, kName, "tolerance must be at least 0",
                  "tolerance", config.tolerance);
  SURPLUS_REQUIRE(pairs.count == 0 || pairs.read, ArgumentError, kName, "pairs must be readable",
                  "pairs", pairs.count);
  if (config.bounds) {
    const auto usable = [](double bound) { return bound > 0 && std::isfinite(bound); };
    SURPLUS_REQUIRE(usable(config.bounds->similar) && usable(config.bounds->different),
                    ArgumentError, kName, "bounds must be positive and finite", "similar",
                    config.bounds->similar, "different", config.bounds->different);
  }
}

// The metric while it is learned, with padded rows as the kernel wants them.
class Learner {
 public:
  Learner(MatrixView<const double> x, const Matrix<double>& prior, const ItmlBounds& bounds,
          double slack, const Pairs& pairs)
      : x_(x),
        pairs_(pairs),
        bounds_{bounds.similar, bounds.different, slack, kSameRow},
        dual_(pairs.count, 0.0),
        metric_(x.cols(), kernels::itml_stride(x.cols())),
        scratch_(kernels::kItmlScratch, kernels::itml_stride(x.cols())),
        held_(pairs.count <= kKept ? pairs.count : kBlock),
        first_(held_),
        second_(held_),
        similar_(held_) {
    set_metric(prior);
    if (held_ == pairs.count) read(0, held_);
  }

  // One projection onto every pair; returns |dual - dual before|_1.
  double sweep() {
    double change = 0;
    skipped_ = 0;
    for (std::size_t begin = 0; begin < pairs_.count; begin += held_) {
      const std::size_t count = std::min(held_, pairs_.count - begin);
      if (held_ < pairs_.count) read(begin, count);
      std::size_t at = 0;
      bool mended = false;
      while (true) {
        const kernels::ItmlSweep done = kernels::itml_sweep(
            x_.cols(), x_.data(), x_.stride(),
            {count - at, first_.data() + at, second_.data() + at, similar_.data() + at}, bounds_,
            dual_.data() + begin + at, metric_.data(), scratch_.data());
        change += done.change;
        log_det_ += done.log_det;
        skipped_ += done.skipped;
        at += done.done;
        if (at == count) break;
        SURPLUS_REQUIRE(!mended || done.done > 0, NumericalError, "fit_itml",
                        "the metric must stay positive definite and finite; give a smaller slack",
                        "pair", begin + at, "slack", bounds_.slack);
        mend(begin + at);
        mended = true;
      }
    }
    return change;
  }

  // The metric without padding, positive definite.
  Matrix<double> finish() {
    Matrix<double> a = metric();
    if (try_cholesky(a, Matrix<double>(a.rows(), a.rows()).view()) == a.rows()) return a;
    mend(pairs_.count);
    return metric();
  }

  // The largest relative breach of the optimality conditions by the metric a.
  double residual(const Matrix<double>& a) const {
    std::vector<Pair> pairs(std::min<std::size_t>(256, pairs_.count));
    Matrix<double> differences(pairs.size(), a.rows());
    double worst = 0;
    for (std::size_t begin = 0; begin < pairs_.count; begin += pairs.size()) {
      const std::span block = std::span(pairs).first(std::min(pairs.size(), pairs_.count - begin));
      pairs_.read(begin, block);
      for (std::size_t c = 0; c < block.size(); ++c) {
        std::ranges::transform(x_.row(block[c].first), x_.row(block[c].second),
                               differences.row(c).begin(), std::minus<>());
      }
      const Matrix<double> products = matmul(differences, a);
      for (std::size_t c = 0; c < block.size(); ++c) {
        if (is_same_row(x_.row(block[c].first), x_.row(block[c].second))) continue;
        const double delta = block[c].similar ? 1 : -1, lambda = dual_[begin + c];
        const double bound = block[c].similar ? bounds_.similar : bounds_.different;
        const double xi =
            std::isinf(bounds_.slack) ? bound : 1 / (1 / bound - delta * lambda / bounds_.slack);
        const double p = std::inner_product(differences.row(c).begin(), differences.row(c).end(),
                                            products.row(c).begin(), 0.0);
        const double breach = delta * (p - xi) / xi;
        worst = std::max(worst, lambda > 0 ? std::abs(breach) : breach);
      }
    }
    return worst;
  }

  std::vector<double>& dual() { return dual_; }
  double log_det() const { return log_det_; }
  std::size_t skipped() const { return skipped_; }
  std::size_t repaired() const { return repaired_; }

 private:
  // Puts pairs begin .. begin + count - 1 where the kernel reads them.
  void read(std::size_t begin, std::size_t count) {
    std::vector<Pair> pairs(std::min(kBlock, count));
    for (std::size_t at = 0; at < count; at += pairs.size()) {
      const std::span block = std::span(pairs).first(std::min(pairs.size(), count - at));
      pairs_.read(begin + at, block);
      for (std::size_t c = 0; c < block.size(); ++c) {
        require_rows_of("fit_itml", block[c], x_.rows());
        first_[at + c] = block[c].first;
        second_[at + c] = block[c].second;
        similar_[at + c] = block[c].similar ? 1 : 0;
      }
    }
  }

  Matrix<double> metric() const {
    return Matrix<double>(metric_.view().block(0, 0, x_.cols(), x_.cols()));
  }

  void set_metric(const Matrix<double>& a) {
    const Matrix<double> l = cholesky(a);
    log_det_ = log_determinant(l);
    for (std::size_t i = 0; i < a.rows(); ++i) {
      std::copy_n(a.row(i).data(), a.cols(), metric_.row(i).data());
    }
  }

  // Raises the eigenvalues of a metric that rounding has made indefinite.
  void mend(std::size_t pair) {
    Matrix<double> a = metric();
    for (const double value : a.values()) {
      SURPLUS_REQUIRE(std::isfinite(value), NumericalError, "fit_itml",
                      "the metric must stay positive definite and finite; give a smaller slack",
                      "pair", pair, "slack", bounds_.slack);
    }
    const auto [values, vectors] = eigh(a);
    const std::size_t d = a.rows();
    // More than what the sums below and the kernel's p round off: after a repair every p is positive.
    const double largest = std::max(std::abs(values.front()), std::abs(values.back()));
    const double floor = 8 * static_cast<double>(d * d) * std::numeric_limits<double>::epsilon() *
                         std::max(largest, std::numeric_limits<double>::min());
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::size_t e = 0; e < d; ++e) {
          sum += vectors(i, e) * std::max(values[e], floor) * vectors(j, e);
        }
        a(i, j) = a(j, i) = sum;
      }
    }
    set_metric(a);
    ++repaired_;
  }

  MatrixView<const double> x_;
  const Pairs& pairs_;
  kernels::ItmlBounds bounds_;
  std::vector<double> dual_;
  Matrix<double> metric_, scratch_;
  std::size_t held_;  // pairs in the arrays below: all, or as many as are read at a time
  std::vector<std::uint32_t> first_, second_;
  std::vector<std::uint8_t> similar_;
  double log_det_ = 0;
  std::size_t skipped_ = 0, repaired_ = 0;
};

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

// The q-th percentile of sorted values, with linear interpolation between them.
double percentile(const std::vector<double>& sorted, double q) {
  const double at = q / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

ItmlBounds itml_bounds(MatrixView<const double> x, MatrixView<const double> metric,
                       const ItmlBoundsConfig& config, const Rng& rng) {
  constexpr std::string_view kName = "itml_bounds";
  check_data(kName, x);
  SURPLUS_REQUIRE((metric.shape() == Shape{x.cols(), x.cols()}), ShapeError, kName,
                  "metric must have one row and column per feature", "metric", metric.shape(),
                  "features", x.cols());
  SURPLUS_REQUIRE(config.low > 0 && config.low < config.high && config.high < 100, ArgumentError,
                  kName, "percentiles must satisfy 0 < low < high < 100", "low", config.low, "high",
                  config.high);
  // The histogram is that of the authors' program: 100 pairs.
  const std::size_t most = config.histogram ? 100 : kMostPairs;
  const std::vector<std::size_t> same(x.rows(), 0);
  const std::size_t available = all_pairs(same).count;
  const std::vector<Pair> pairs = available <= most
                                      ? all_pairs(same).list()
                                      : random_pairs(same, most, rng.split("bounds")).list();
  std::vector<double> distances;
  for (const Pair& pair : pairs) {
    const double squared = squared_distance(metric, x.row(pair.first), x.row(pair.second));
    if (!is_same_row(x.row(pair.first), x.row(pair.second))) {
      distances.push_back(config.plain_distances ? std::sqrt(squared) : squared);
    }
  }
  SURPLUS_REQUIRE(!distances.empty(), ArgumentError, kName, "some rows of x must differ", "rows",
                  x.rows());
  std::sort(distances.begin(), distances.end());
  if (config.histogram) {
    const double least = distances.front(), range = distances.back() - least;
    const auto centre = [&](double q) { return least + (q - 0.5) / 100 * range; };
    return {std::max(centre(config.low), kSameRow), std::max(centre(config.high), kSameRow)};
  }
  return {percentile(distances, config.low), percentile(distances, config.high)};
}

ItmlResult fit_itml(MatrixView<const double> x, const Pairs& pairs, const ItmlConfig& config) {
  check_data("fit_itml", x);
  check(config, pairs);
  const Matrix<double> prior =
      prior_metric("fit_itml", x, config.prior, config.given_prior, Rng(config.seed));
  ItmlResult result;
  result.bounds = config.bounds ? *config.bounds
                                : itml_bounds(x, prior, config.bounds_config, Rng(config.seed));
  Learner learner(x, prior, result.bounds, config.slack, pairs);
  double before = 0;
  for (std::size_t sweep = 1; sweep <= config.sweeps; ++sweep) {
    const double change = learner.sweep();
    const double after = norm(learner.dual());
    result.sweeps = sweep;
    // No dual variable has ever moved: no constraint is active.
    result.dual_change = before + after == 0 ? 0 : change / (before + after);
    result.trace.push_back(result.dual_change);
    before = after;
    if (config.observer && !config.observer({sweep, config.sweeps, result.dual_change})) {
      result.stop = Stop::kCancelled;
      break;
    }
    if (result.dual_change < config.tolerance || change == 0) {
      result.stop = Stop::kConverged;
      break;
    }
    if (config.projections > 0 && sweep * pairs.count > config.projections) break;
  }
  result.metric = learner.finish();
  result.transform = metric_transform(result.metric);
  result.log_det = learner.log_det();
  result.residual = learner.residual(result.metric);
  result.dual = std::move(learner.dual());
  result.skipped = learner.skipped();
  result.repaired = learner.repaired();
  return result;
}

}  // namespace surplus
