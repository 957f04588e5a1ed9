#include "apps/studies/interpolation_sgd/simulate.h"

#include <algorithm>
#include <cmath>

namespace surplus::apps::interpolation_sgd {

std::vector<std::size_t> log_times(std::size_t last) {
  std::vector<std::size_t> times;
  for (int i = 0;; ++i) {
    const auto time = static_cast<std::size_t>(std::llround(std::pow(10.0, i / 8.0)));
    if (time >= last) break;
    if (times.empty() || time > times.back()) times.push_back(time);
  }
  times.push_back(last);
  return times;
}

void RunSums::add(std::size_t time, const Measured& m) {
  double* const to = sums_.data() + 4 * time;
  to[0] += m.distance;
  to[1] += m.distance * m.distance;
  to[2] += m.loss;
  to[3] += m.loss * m.loss;
}

void RunSums::add(const RunSums& other) {
  std::ranges::transform(sums_, other.sums_, sums_.begin(), std::plus<>());
}

std::vector<MeanPoint> RunSums::means(std::span<const std::size_t> times, std::size_t runs) const {
  const auto count = static_cast<double>(runs);
  const auto error = [&](double sum, double squares) {
    if (runs < 2) return 0.0;
    return std::sqrt(std::max(0.0, squares / count - sum * sum / count / count) / (count - 1));
  };
  std::vector<MeanPoint> points;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double* const of = sums_.data() + 4 * i;
    points.push_back({static_cast<double>(times[i]), of[0] / count, error(of[0], of[1]),
                      of[2] / count, error(of[2], of[3])});
  }
  return points;
}

}  // namespace surplus::apps::interpolation_sgd
