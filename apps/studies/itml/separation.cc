#include "apps/studies/itml/separation.h"

#include <fmt/format.h>

#include <cmath>

#include "apps/runner/cells.h"
#include "apps/studies/itml/data.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/matmul.h"
#include "surplus/metric/itml.h"

namespace surplus::apps::itml {
namespace {

constexpr std::size_t kPairsPerKind = 200;
constexpr std::size_t kSeedsPerCell = 10;
constexpr double kSecondsPerFit = 0.025;

SeparationFit fit(const Samples& iris, bool plain, const Rng& rng, const Run& run) {
  const Pairs pairs = listed_pairs(
      balanced_pairs(iris.labels, kPairsPerKind, kPairsPerKind, rng.split("pairs")).list());
  const ItmlResult result = fit_itml(
      iris.x, pairs, {.bounds_config = {.plain_distances = plain}, .observer = run.observer()});
  return {class_separation(iris.x, iris.labels, result.transform), result.bounds.similar,
          result.bounds.different, static_cast<double>(result.sweeps)};
}

}  // namespace

double class_separation(MatrixView<const double> x, std::span<const std::size_t> labels,
                        MatrixView<const double> transform) {
  const Matrix<double> y = matmul(x, transform, {.transpose_b = true});
  std::vector<double> within, between, own, other;
  for (std::size_t i = 0; i < y.rows(); ++i) {
    for (auto* sums : {&within, &between, &own, &other}) {
      if (labels[i] >= sums->size()) sums->resize(labels[i] + 1);
    }
    for (std::size_t j = 0; j < y.rows(); ++j) {
      double squared = 0;
      for (std::size_t f = 0; f < y.cols(); ++f) squared += std::pow(y(i, f) - y(j, f), 2);
      const bool same = labels[i] == labels[j];
      (same ? within : between)[labels[i]] += std::sqrt(squared);
      ++(same ? own : other)[labels[i]];
    }
  }
  double sum = 0;
  for (std::size_t c = 0; c < own.size(); ++c) {
    sum += (within[c] / own[c]) / (between[c] / other[c]);
  }
  return sum / static_cast<double>(own.size());
}

double separation_seconds(std::size_t seeds) {
  return 2 * static_cast<double>(seeds) * kSecondsPerFit;
}

std::vector<Separation> run_separation(std::size_t seeds, Run& run) {
  const Samples iris = load_set("iris", {});
  const Chunks batches{seeds, kSeedsPerCell};
  std::vector<Separation> all = {{.plain = true}, {.plain = false}};
  for (Separation& separation : all) {
    for (std::size_t b = 0; b < batches.count(); ++b) {
      const std::size_t first = batches.begin(b), count = batches.end(b) - first;
      const auto values = run.cell(
          fmt::format("S, {} bounds, seeds from {}", separation.plain ? "plain" : "squared", first),
          static_cast<double>(count) * kSecondsPerFit, count * kValues<SeparationFit>, [&] {
            std::vector<SeparationFit> fits(count);
            parallel_for(count, [&](std::size_t i) {
              fits[i] = fit(iris, separation.plain, run.rng().split("S").split(first + i), run);
            });
            return pack(fits);
          });
      const auto fits = unpack<SeparationFit>(values);
      separation.fits.insert(separation.fits.end(), fits.begin(), fits.end());
    }
  }
  return all;
}

}  // namespace surplus::apps::itml
