#include "surplus/noise/detection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/softmax_cross_entropy.h"
#include "surplus/core/errors.h"

namespace surplus {

double ranking_auc(std::span<const double> scores, const std::vector<bool>& positive, double tie) {
  SURPLUS_REQUIRE(scores.size() == positive.size(), ShapeError, "ranking_auc",
                  "there must be as many scores as flags", "scores", scores.size(), "flags",
                  positive.size());
  for (const double score : scores) {
    SURPLUS_REQUIRE(!std::isnan(score), ArgumentError, "ranking_auc", "scores must be numbers");
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return scores[i]; });
  double won = 0, positives = 0, below = 0;  // negatives of smaller scores
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double equal_positives = 0, equal_negatives = 0;
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) {
      (positive[order[end++]] ? equal_positives : equal_negatives) += 1;
    }
    won += equal_positives * (below + tie * equal_negatives);
    positives += equal_positives;
    below += equal_negatives;
  }
  if (positives == 0 || below == 0) return std::numeric_limits<double>::quiet_NaN();
  return won / (positives * below);
}

std::vector<bool> wrong_labels(std::span<const std::size_t> noisy,
                               std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(noisy.size() == labels.size(), ShapeError, "wrong_labels",
                  "there must be as many noisy labels as labels", "noisy", noisy.size(), "labels",
                  labels.size());
  std::vector<bool> wrong(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) wrong[i] = noisy[i] != labels[i];
  return wrong;
}

LabelFit label_fit(MatrixView<const float> scores, std::span<const std::size_t> noisy,
                   std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(
      !scores.empty() && noisy.size() == scores.rows() && labels.size() == scores.rows(),
      ShapeError, "label_fit", "there must be scores, and two labels per row", "scores",
      scores.shape(), "noisy", noisy.size(), "labels", labels.size());
  std::size_t fitted = 0, wrong = 0, memorized = 0, recovered = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = scores.row(i);
    const auto predicted = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    fitted += predicted == noisy[i];
    if (noisy[i] == labels[i]) continue;
    ++wrong;
    memorized += predicted == noisy[i];
    recovered += predicted == labels[i];
  }
  const auto share = [](std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  return {share(fitted, labels.size()), share(memorized, wrong), share(recovered, wrong)};
}

std::vector<double> label_losses(MatrixView<const float> scores,
                                 std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(!scores.empty() && labels.size() == scores.rows(), ShapeError, "label_losses",
                  "there must be scores, and a label per row", "scores", scores.shape(), "labels",
                  labels.size());
  for (const std::size_t label : labels) {
    SURPLUS_REQUIRE(label < scores.cols(), ArgumentError, "label_losses",
                    "labels must be below the columns of the scores", "label", label, "columns",
                    scores.cols());
  }
  std::vector<float> losses(labels.size());
  kernels::softmax_cross_entropy(scores.rows(), scores.cols(), scores.data(), scores.stride(),
                                 labels.data(), 1.0f, losses.data(), nullptr, 0);
  return {losses.begin(), losses.end()};
}

}  // namespace surplus
