#include "surplus/sequence/model.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

void check(std::string_view function, const PowerLaw& law, std::size_t coordinates) {
  SURPLUS_REQUIRE(law.p > 0 && std::isfinite(law.p), ArgumentError, function, "p must be positive",
                  "p", law.p);
  SURPLUS_REQUIRE(law.q >= 1 && std::isfinite(law.q), ArgumentError, function,
                  "q must be at least 1", "q", law.q);
  SURPLUS_REQUIRE(law.gamma > 1 && law.gamma <= 20, ArgumentError, function,
                  "gamma must be above 1 and at most 20", "gamma", law.gamma);
  SURPLUS_REQUIRE(coordinates >= 1 && coordinates <= 100000000, ArgumentError, function,
                  "coordinates must be at least 1 and at most 100000000", "coordinates",
                  coordinates);
}

}  // namespace

SequenceModel power_model(const PowerLaw& law, std::size_t coordinates) {
  check("power_model", law, coordinates);
  SequenceModel model{std::vector<double>(coordinates), std::vector<double>(coordinates)};
  for (std::size_t j = 0; j < coordinates; ++j) {
    model.eigenvalues[j] = std::pow(static_cast<double>(j + 1), -law.gamma);
  }
  const auto last = static_cast<double>(coordinates);
  for (double k = 1;; ++k) {
    const double at = std::floor(std::pow(k, law.q));
    if (at > last) break;
    model.signal[static_cast<std::size_t>(at) - 1] = std::pow(k, -(law.p + 1) / 2);
  }
  return model;
}

double unseen_signal(const PowerLaw& law, std::size_t coordinates) {
  check("unseen_signal", law, coordinates);
  const double s = law.p + 1;
  double k = std::max(1.0, std::floor(std::pow(static_cast<double>(coordinates), 1 / law.q)) - 1);
  while (std::floor(std::pow(k, law.q)) <= static_cast<double>(coordinates)) ++k;
  // Term by term up to 200, where the Euler-Maclaurin series below has an error far under 1e-12.
  double sum = 0;
  while (k < 200) sum += std::pow(k++, -s);
  return sum + std::pow(k, 1 - s) / (s - 1) + std::pow(k, -s) / 2 + s * std::pow(k, -s - 1) / 12 -
         s * (s + 1) * (s + 2) * std::pow(k, -s - 3) / 720 +
         s * (s + 1) * (s + 2) * (s + 3) * (s + 4) * std::pow(k, -s - 5) / 30240;
}

std::vector<double> observe(std::span<const double> signal, double noise, Rng& rng) {
  SURPLUS_REQUIRE(noise >= 0 && std::isfinite(noise), ArgumentError, "observe",
                  "noise must be at least 0", "noise", noise);
  std::vector<double> z(signal.size());
  rng.fill_normal(z);
  for (std::size_t j = 0; j < z.size(); ++j) z[j] = signal[j] + noise * z[j];
  return z;
}

}  // namespace surplus
