/// Many runs of a linear model under SGD, Nesterov's method or MaSS, and their means.
#ifndef SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_SIMULATE_H_
#define SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_SIMULATE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/optim/second_moment.h"

namespace surplus::apps::interpolation_sgd {

/// Means over runs after `time` steps, and their standard errors.
struct MeanPoint {
  double time = 0;
  double distance = 0;  ///< |w - w*|^2
  double distance_error = 0;
  double loss = 0;
  double loss_error = 0;
};

/// 1, ... `last`: eight per factor of ten, with all powers of ten, each once.
std::vector<std::size_t> log_times(std::size_t last);

/// What is measured of one run at one time.
struct Measured {
  double distance = 0;
  double loss = 0;
};

/// Sums of runs, folded in a fixed order.
class RunSums {
 public:
  RunSums() = default;
  explicit RunSums(std::size_t times) : sums_(4 * times) {}
  void add(std::size_t time, const Measured& m);
  void add(const RunSums& other);
  std::vector<MeanPoint> means(std::span<const std::size_t> times, std::size_t runs) const;

 private:
  std::vector<double> sums_;
};

/// Runs of single examples. In step t, sample(rng, x) writes the features and returns the target.
///
/// rates    of the steps, as many as the last time
/// measure  (w) -> Measured
/// Promises run r draws from rng.split(r) alone; the bits do not depend on the number of threads
template <typename Sample, typename Measure>
std::vector<MeanPoint> simulate(std::span<const double> start, const LinearSgd& sgd,
                                std::span<const double> rates, std::span<const std::size_t> times,
                                std::size_t runs, const Rng& rng, const Sample& sample,
                                const Measure& measure) {
  const std::size_t d = start.size();
  const double share = sgd.compensation == 0 ? 1 : 1 - sgd.compensation / sgd.momentum;
  RunSums total(times.size());
  parallel_fold(
      Chunks{runs, 50}, total,
      [&](std::size_t begin, std::size_t end) {
        RunSums sums(times.size());
        std::vector<double> x(d), w(d), v(d);
        for (std::size_t run = begin; run < end; ++run) {
          Rng draws = rng.split(run);
          w.assign(start.begin(), start.end());
          v.assign(d, 0);
          std::size_t t = 0;
          for (std::size_t at = 0; at < times.size(); ++at) {
            for (; t < times[at]; ++t) {
              double residual = -sample(draws, x);
              for (std::size_t j = 0; j < d; ++j) residual += x[j] * w[j];
              for (std::size_t j = 0; j < d; ++j) {
                const double g = residual * x[j];
                v[j] = sgd.momentum * v[j] + share * g;
                w[j] -= rates[t] * (g + sgd.momentum * v[j]);
              }
            }
            sums.add(at, measure(w));
          }
        }
        return sums;
      },
      [](RunSums& all, const RunSums& part) { all.add(part); });
  return total.means(times, runs);
}

}  // namespace surplus::apps::interpolation_sgd

#endif  // SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_SIMULATE_H_
