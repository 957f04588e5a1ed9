#include "apps/studies/em_gmm/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "apps/studies/em_gmm/truth.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm_queries.h"

namespace surplus::apps::em_gmm {
namespace {

constexpr double kTolerance = 1e-6;
constexpr std::size_t kIterations = 3000;
// A looser threshold, which passes the optimum of a sample on which that is far from the truth.
constexpr double kNear = 0.1;
// A cell of the run is about this many starts: a second or two.
constexpr std::size_t kRunsPerCell = 125;

// What a run of EM_1 and EM_2 from one start gives; summed over the starts on a sample.
enum Outcome {
  kEm1Identity,
  kEm1Best,
  kEm1Near,
  kEm2Best,
  kEm2Sorted,
  kEm2Near,
  kEm1Iterations,
  kEm2Iterations,
  kUnfinished,
  kOutcomes
};
using Outcomes = std::array<double, kOutcomes>;

GaussianMixture truth_of(const SampleDesign& design) {
  return design.number > 0 ? plane_truth(design.number)
                           : separated_truth(design.separation, design.weight);
}

// k different rows of x.
Matrix<double> random_rows(const Matrix<double>& x, std::size_t k, Rng rng) {
  Matrix<double> rows(k, x.cols());
  std::vector<std::uint64_t> drawn;
  while (drawn.size() < k) {
    const std::uint64_t row = rng.below(x.rows());
    if (std::find(drawn.begin(), drawn.end(), row) != drawn.end()) continue;
    std::copy_n(x.row(row).data(), x.cols(), rows.row(drawn.size()).data());
    drawn.push_back(row);
  }
  return rows;
}

Outcomes run_start(const GaussianMixture& truth, const Matrix<double>& x, double threshold,
                   const Rng& rng) {
  const Matrix<double> means = random_rows(x, truth.components(), rng);
  const auto fit = [&](Model model) {
    return fit_gmm(x, em_config(model, start_at(truth, model, means), kTolerance, kIterations));
  };
  const GmmResult em1 = fit(Model::kEm1);
  const GmmResult em2 = fit(Model::kEm2);
  const Errors errors1 = errors(truth, em1.mixture);
  const Errors errors2 = errors(truth, em2.mixture);
  Outcomes outcomes;
  outcomes[kEm1Identity] = errors1.identity <= threshold;
  outcomes[kEm1Best] = errors1.best <= threshold;
  outcomes[kEm1Near] = errors1.best <= kNear;
  outcomes[kEm2Best] = errors2.best <= threshold;
  outcomes[kEm2Sorted] = errors2.sorted <= threshold;
  outcomes[kEm2Near] = errors2.best <= kNear;
  outcomes[kEm1Iterations] = static_cast<double>(em1.iterations);
  outcomes[kEm2Iterations] = static_cast<double>(em2.iterations);
  outcomes[kUnfinished] = (em1.stop != Stop::kConverged) + (em2.stop != Stop::kConverged);
  return outcomes;
}

// Samples first .. last - 1 and all their starts: the sums over the starts, sample after sample.
std::vector<double> run_batch(const GaussianMixture& truth, const SampleCell& cell,
                              std::size_t first, std::size_t last, const Rng& rng) {
  const std::size_t starts = cell.design.starts;
  std::vector<Matrix<double>> samples(last - first);
  parallel_for(samples.size(), [&](std::size_t s) {
    Rng draws = rng.split(first + s).split("sample");
    samples[s] = sample(truth, cell.design.n, draws).x;
  });
  std::vector<Outcomes> runs(samples.size() * starts);
  parallel_for(runs.size(), [&](std::size_t r) {
    const std::size_t s = r / starts;
    const Rng start = rng.split(first + s).split("start").split(r % starts);
    runs[r] = run_start(truth, samples[s], cell.threshold, start);
  });
  std::vector<double> sums(samples.size() * kOutcomes);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    double* to = sums.data() + r / starts * kOutcomes;
    for (std::size_t i = 0; i < kOutcomes; ++i) to[i] += runs[r][i];
  }
  return sums;
}

// The mean over all runs of one outcome, and its standard error over samples of `starts` each.
Share share_of(const std::vector<double>& sums, std::size_t starts, Outcome outcome) {
  const std::size_t count = sums.size() / kOutcomes;
  const auto samples = static_cast<double>(count);
  double total = 0;
  for (std::size_t i = outcome; i < sums.size(); i += kOutcomes) total += sums[i];
  double squares = 0;
  for (std::size_t i = outcome; i < sums.size(); i += kOutcomes) {
    squares += (sums[i] - total / samples) * (sums[i] - total / samples);
  }
  const double runs = static_cast<double>(starts);
  return {total / (samples * runs),
          samples > 1 ? std::sqrt(squares / (samples - 1) / samples) / runs : 0};
}

}  // namespace

double seconds(const SampleDesign& design) {
  // Mean iterations of EM_1 and EM_2 together, as measured.
  constexpr std::array<double, 4> kPlaneIterations = {260, 100, 410, 630};
  const double iterations = design.number > 0 ? kPlaneIterations[design.number - 1]
                                              : 50 + 2000 / std::pow(design.separation, 4);
  return static_cast<double>(design.samples * design.starts) *
         em_seconds(design.n, truth_of(design).components(), iterations);
}

SampleCell run_samples(const SampleDesign& design, Run& run) {
  const GaussianMixture truth = truth_of(design);
  SampleCell cell;
  cell.design = design;
  cell.name = design.number > 0 ? fmt::format("case {}", design.number)
                                : fmt::format("separation {}, w {}", to_text(design.separation),
                                              to_text(design.weight));
  cell.threshold = success_threshold(fisher_trace(truth), design.n);
  const std::string split = fmt::format("{}, {}, {} x {}", design.number > 0 ? "P-EM-D" : "P-EM-C",
                                        cell.name, design.samples, design.starts);
  const Rng rng = run.rng().split(split);
  const Chunks batches{design.samples, std::max<std::size_t>(1, kRunsPerCell / design.starts)};
  std::vector<double> sums;
  for (std::size_t b = 0; b < batches.count(); ++b) {
    SampleDesign batch = design;
    batch.samples = batches.end(b) - batches.begin(b);
    const std::vector<double> part =
        run.cell(fmt::format("{}, batch {}", split, b), seconds(batch), batch.samples * kOutcomes,
                 [&] { return run_batch(truth, cell, batches.begin(b), batches.end(b), rng); });
    sums.insert(sums.end(), part.begin(), part.end());
  }
  const auto share = [&](Outcome outcome) { return share_of(sums, design.starts, outcome); };
  cell.em1_identity = share(kEm1Identity);
  cell.em1_best = share(kEm1Best);
  cell.em1_near = share(kEm1Near);
  cell.em2_best = share(kEm2Best);
  cell.em2_sorted = share(kEm2Sorted);
  cell.em2_near = share(kEm2Near);
  cell.em1_iterations = share(kEm1Iterations).value;
  cell.em2_iterations = share(kEm2Iterations).value;
  cell.unfinished =
      std::round(share(kUnfinished).value * static_cast<double>(design.samples * design.starts));
  return cell;
}

std::vector<SampleCell> finest_split(const std::vector<SampleCell>& cells) {
  std::size_t samples = 0;
  for (const SampleCell& cell : cells) samples = std::max(samples, cell.design.samples);
  std::vector<SampleCell> result;
  std::copy_if(cells.begin(), cells.end(), std::back_inserter(result),
               [&](const SampleCell& cell) { return cell.design.samples == samples; });
  return result;
}

}  // namespace surplus::apps::em_gmm
