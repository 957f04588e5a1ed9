#include "surplus/theory/two_layer_bounds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

using std::log;
using std::log2;
using std::sqrt;
using std::numbers::e;

double square(double x) { return x * x; }

void require_config(const char* function, double delta, std::size_t samples) {
  SURPLUS_REQUIRE(delta > 0 && delta < 1 && samples >= 1, ArgumentError, function,
                  "delta must be between 0 and 1 and samples at least 1", "delta", delta, "samples",
                  samples);
}

// The letters of the paper: m samples, H hidden units, C classes, D inputs.
struct Terms {
  const TwoLayerNorms& norms;
  const TwoLayerData& data;
  double g, delta;
  bool code;
  double m = static_cast<double>(data.samples);
  double h = static_cast<double>(norms.hidden);
  double c = static_cast<double>(norms.classes);

  double max_row_l1() const {
    const double largest = code ? data.batch_entry_square : data.max_entry_square;
    const double r = 16 * c * norms.u_max_row_l1 * norms.v_max_row_l1 *
                     sqrt(log(static_cast<double>(norms.inputs))) * sqrt(largest) / g;
    return square(r + 3 * sqrt(log(m / delta)));
  }

  double frobenius() const {
    const double r =
        8 * sqrt(c) * norms.u_frobenius * norms.v_frobenius * sqrt(data.mean_square) / g;
    return square(r + 3 * sqrt(log(m / delta)));
  }

  double spectral_l1() const {
    const double s1 = norms.u_spectral, s2 = norms.v_spectral;
    const double norm = std::pow(std::pow(s2 * norms.u_row_distances, 2.0 / 3) +
                                     std::pow(s1 * norms.v_row_distances, 2.0 / 3),
                                 1.5);
    // The theorem has the largest width in place of the parameters, which the logarithm forgives.
    const double parameters = 2 * static_cast<double>(norms.parameters());
    const double r =
        144 * log(m) * log(parameters) * (sqrt(data.mean_square) + 1 / sqrt(m)) * norm / g;
    const double q = 4.5 * log(1 / delta) + log(2 * m / std::max(g, 1e-16)) +
                     2 * log(2 + sqrt(m * data.mean_square)) +
                     2 * log((2 + 2 * norms.u_distance) * (2 + 2 * norms.v_distance) *
                             (2 + 2 * s1) * (2 + 2 * s2));
    return square(r + sqrt(q));
  }

  double spectral_frobenius() const {
    const double s1 = norms.u_spectral, s2 = norms.v_spectral;
    const double r = 336 * (code ? s1 : 1) * sqrt(log(8 * h)) * sqrt(data.max_square) *
                     sqrt(h * square(s2 * norms.u_distance) + c * square(s1 * norms.v_distance)) /
                     (std::numbers::sqrt2 * g);
    return square(r) + (code ? 6 * log(2 * m / delta) : 16 * log(6 * m / delta));
  }

  double unit_wise() const {
    const double start = code ? data.mean_active_square : data.mean_hidden_square;
    const double r = 3 * std::numbers::sqrt2 * (sqrt(2 * c) + 1) * (norms.v_frobenius + 1) *
                     (sqrt(start) + norms.u_distance * sqrt(data.mean_square) + 1) / g;
    return square(r + 3 * sqrt(5 * h + log(std::max(1.0, g * sqrt(m)) / delta)));
  }
};

}  // namespace

double parameter_bound(std::size_t inputs, std::size_t hidden, std::size_t classes,
                       std::size_t samples, double delta) {
  require_config("parameter_bound", delta, samples);
  SURPLUS_REQUIRE(inputs >= 1 && hidden >= 1 && classes >= 1, ArgumentError, "parameter_bound",
                  "every size must be at least 1", "inputs", inputs, "hidden", hidden, "classes",
                  classes);
  const auto d = static_cast<double>(inputs), h = static_cast<double>(hidden);
  const auto c = static_cast<double>(classes), m = static_cast<double>(samples);
  const double first = (d + 1) * h, second = (h + 1) * c, parameters = first + second;
  const double units = h + 2 * c;
  const double v = 2 + parameters * log2(8 * e * units * log2(4 * e * units)) *
                           (2 * first + second) / (first + second);
  return 8 * c * v * log(e * std::max(m / v, 1.0)) + 8 * log(2 / delta);
}

TwoLayerBounds two_layer_bounds(const TwoLayerNorms& norms, const TwoLayerData& data, double gamma,
                                const TwoLayerBoundsConfig& config) {
  require_config("two_layer_bounds", config.delta, data.samples);
  SURPLUS_REQUIRE(!std::isnan(gamma), ArgumentError, "two_layer_bounds", "gamma must be a number",
                  "gamma", gamma);
  TwoLayerBounds bounds;
  bounds.parameters =
      parameter_bound(norms.inputs, norms.hidden, norms.classes, data.samples, config.delta);
  if (!(gamma > 0) && !config.faithful) return bounds;
  const Terms terms{norms, data, gamma, config.delta, config.variant == BoundVariant::kCode};
  bounds.max_row_l1 = terms.max_row_l1();
  bounds.frobenius = terms.frobenius();
  bounds.spectral_l1 = terms.spectral_l1();
  bounds.spectral_frobenius = terms.spectral_frobenius();
  bounds.unit_wise = terms.unit_wise();
  return bounds;
}

}  // namespace surplus
