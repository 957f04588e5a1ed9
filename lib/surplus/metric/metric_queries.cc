#include "surplus/metric/metric_queries.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

constexpr std::size_t kChunk = 2048;  // pairs

void check(std::string_view function, MatrixView<const double> transform,
           MatrixView<const double> x) {
  SURPLUS_REQUIRE(x.cols() >= 1 && transform.cols() == x.cols(), ShapeError, function,
                  "transform must have a column for each feature, at least 1", "transform",
                  transform.shape(), "x", x.shape());
  detail::require_finite(function, "transform", transform);
  detail::require_finite(function, "x", x);
}

std::vector<double> distances_of(std::string_view function, MatrixView<const double> transform,
                                 MatrixView<const double> x, const Pairs& pairs) {
  check(function, transform, x);
  std::vector<double> distances(pairs.count);
  const Chunks chunks{pairs.count, kChunk};
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    const std::size_t begin = chunks.begin(chunk), count = chunks.end(chunk) - begin;
    std::vector<Pair> block(count);
    pairs.read(begin, block);
    Matrix<double> differences(count, x.cols());
    for (std::size_t c = 0; c < count; ++c) {
      require_rows_of(function, block[c], x.rows());
      std::ranges::transform(x.row(block[c].first), x.row(block[c].second),
                             differences.row(c).begin(), std::minus<>());
    }
    const Matrix<double> images = matmul(differences, transform, {.transpose_b = true});
    for (std::size_t c = 0; c < count; ++c) {
      const auto image = images.row(c);
      distances[begin + c] = std::inner_product(image.begin(), image.end(), image.begin(), 0.0);
    }
  });
  return distances;
}

std::vector<double> plain_distances_of(std::string_view function,
                                       MatrixView<const double> transform,
                                       MatrixView<const double> x, const Pairs& pairs) {
  std::vector<double> distances = distances_of(function, transform, x, pairs);
  for (double& distance : distances) distance = std::sqrt(distance);
  return distances;
}

}  // namespace

Matrix<double> transform_rows(MatrixView<const double> transform, MatrixView<const double> x) {
  check("transform_rows", transform, x);
  return matmul(x, transform, {.transpose_b = true});
}

std::vector<double> squared_pair_distances(MatrixView<const double> transform,
                                           MatrixView<const double> x, const Pairs& pairs) {
  return distances_of("squared_pair_distances", transform, x, pairs);
}

std::vector<double> pair_distances(MatrixView<const double> transform, MatrixView<const double> x,
                                   const Pairs& pairs) {
  return plain_distances_of("pair_distances", transform, x, pairs);
}

PairThreshold calibrate_threshold(MatrixView<const double> transform, MatrixView<const double> x,
                                  const Pairs& pairs, PairGoal goal) {
  constexpr std::string_view kName = "calibrate_threshold";
  const std::vector<double> distances = plain_distances_of(kName, transform, x, pairs);
  struct Judged {
    double distance;
    bool similar;
  };
  std::vector<Judged> sorted;
  std::size_t kinds[2] = {};
  const std::vector<Pair> list = pairs.list();
  for (std::size_t c = 0; c < pairs.count; ++c) {
    sorted.push_back({distances[c], list[c].similar});
    ++kinds[list[c].similar ? 1 : 0];
  }
  const bool balanced = goal == PairGoal::kBalancedAccuracy;
  SURPLUS_REQUIRE(balanced ? kinds[0] > 0 && kinds[1] > 0 : !sorted.empty(), ArgumentError, kName,
                  balanced ? "there must be a pair of each kind" : "there must be a pair",
                  "similar", kinds[1], "different", kinds[0]);
  std::ranges::sort(sorted, {}, &Judged::distance);
  // The weight of a rightly judged pair of each kind.
  const auto all = static_cast<double>(pairs.count);
  const double weights[2] = {balanced ? 0.5 / static_cast<double>(kinds[0]) : 1 / all,
                             balanced ? 0.5 / static_cast<double>(kinds[1]) : 1 / all};
  // Judged rightly if the threshold is above the first c pairs: counts, which do not round.
  std::size_t right[2] = {kinds[0], 0};
  const auto score = [&] {
    return static_cast<double>(right[0]) * weights[0] + static_cast<double>(right[1]) * weights[1];
  };
  PairThreshold best{-1, score()};
  for (std::size_t c = 0; c < sorted.size(); ++c) {
    if (sorted[c].similar)
      ++right[1];
    else
      --right[0];
    const bool is_last = c + 1 == sorted.size();
    if (!is_last && sorted[c + 1].distance == sorted[c].distance) continue;
    if (score() > best.score) {
      const double next = is_last ? sorted[c].distance : sorted[c + 1].distance;
      best = {sorted[c].distance + (next - sorted[c].distance) / 2, score()};
    }
  }
  return best;
}

std::vector<double> pair_scores(MatrixView<const double> transform, MatrixView<const double> x,
                                const Pairs& pairs, const PairThreshold& threshold) {
  std::vector<double> scores = plain_distances_of("pair_scores", transform, x, pairs);
  for (double& score : scores) score = threshold.distance - score;
  return scores;
}

}  // namespace surplus
