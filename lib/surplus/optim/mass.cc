#include "surplus/optim/mass.h"

#include <cmath>

#include "surplus/core/errors.h"

namespace surplus {

MassSettings mass_settings(double rate, double alpha, double kappa) {
  SURPLUS_REQUIRE(rate >= 0 && std::isfinite(rate), ArgumentError, "mass_settings",
                  "rate must be finite and at least 0", "rate", rate);
  SURPLUS_REQUIRE(alpha > 0 && alpha <= 1, ArgumentError, "mass_settings",
                  "alpha must be above 0 and at most 1", "alpha", alpha);
  SURPLUS_REQUIRE(kappa >= 1 && std::isfinite(kappa), ArgumentError, "mass_settings",
                  "kappa must be finite and at least 1", "kappa", kappa);
  return {rate, (1 - alpha) / (1 + alpha), (1 - 1 / kappa) / (1 + alpha)};
}

MassTheory mass_theory(const MassMoments& moments, std::size_t m) {
  const auto& [single, largest, smallest, kappa] = moments;
  SURPLUS_REQUIRE(smallest > 0 && largest >= smallest && single >= largest && std::isfinite(single),
                  ArgumentError, "mass_theory",
                  "eigenvalues must be positive and finite, and smallest <= largest <= single",
                  "smallest", smallest, "largest", largest, "single", single);
  SURPLUS_REQUIRE(kappa >= 1 && std::isfinite(kappa), ArgumentError, "mass_theory",
                  "kappa must be finite and at least 1", "kappa", kappa);
  SURPLUS_REQUIRE(m >= 1, ArgumentError, "mass_theory", "m must be at least 1", "m", m);
  const double share = 1 / static_cast<double>(m);
  const double of_batch = single * share + largest * (1 - share);
  const double kappa_of_batch = kappa * share + 1 - share;
  const double alpha = 1 / std::sqrt(of_batch / smallest * kappa_of_batch);
  return {mass_settings(1 / of_batch, alpha, kappa_of_batch), 1 - alpha};
}

}  // namespace surplus
