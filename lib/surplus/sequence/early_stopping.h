/// How good a flow is at each time, and when to stop it.
#ifndef SURPLUS_SEQUENCE_EARLY_STOPPING_H_
#define SURPLUS_SEQUENCE_EARLY_STOPPING_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/sequence/model.h"

namespace surplus {

/// The times first * 2^(i / per_octave), i = 0 .. count - 1.
struct TimeGrid {
  double first = 1;
  std::size_t per_octave = 8;
  std::size_t count = 97;
};

/// Throws ArgumentError if first is not positive, a count is 0, or the grid reaches over more than
/// 64 octaves.
std::vector<double> times_of(const TimeGrid& grid);

struct FlowErrorsConfig {
  std::size_t depth = 0;
  double b0 = 1;  ///< > 0; not looked at for depth 0
  TimeGrid times = {};
  /// Depth 0 in closed form; else, and from depth 1 on, by Runge-Kutta steps.
  bool closed_form = true;
  /// The longest step, in units of the time in which the fastest of 16 neighbouring coordinates
  /// approaches its limit by a factor e; in (0, 1].
  double step = 0.5;
};

/// The error sum_j (theta_j(t) - signal_j)^2 of the trained flow towards z, at each time of the grid.
///
/// z        as many as there are coordinates
/// Throws   ShapeError if the sizes differ; ArgumentError at values outside their range
/// Error    closed form: about (100 + 2 R t) eps relative, R t up to 700. Runge-Kutta: about
///          step^4 / 100 relative, as halving the step shows
/// Cost     closed form: 18 operations per coordinate and time; Runge-Kutta: 60 per coordinate and
///          step, of which fast coordinates need more. One thread
/// Source   Li, Lin (2024), arXiv 2409.00894; the closed form is derived from their equation 6
std::vector<double> flow_errors(const SequenceModel& model, std::span<const double> z,
                                const FlowErrorsConfig& config);

/// The expected error of the flow of fixed eigenvalues, bias + noise^2 * variance, at each time:
///   bias = sum_j (exp(-lambda_j t) signal_j)^2    variance = sum_j (1 - exp(-lambda_j t))^2
struct FixedRisk {
  std::vector<double> bias;
  std::vector<double> variance;

  /// At noise of that standard deviation.
  std::vector<double> at(double noise) const;
};
FixedRisk fixed_risk(const SequenceModel& model, const TimeGrid& grid);

/// When to stop, and the error there.
struct StopTime {
  double time = 0;
  double error = 0;
  bool interior = false;  ///< the error was seen to rise on both sides
};

/// Oracle stopping: the least error of the curve, between the times of the grid by the parabola
/// through the three least in log t.
///
/// Throws  ShapeError if there is not one error per time; ArgumentError if one is not finite
StopTime oracle_stop(const TimeGrid& grid, std::span<const double> errors);

/// Theory's stopping time constant * noise^(-(2D+2)/(D+2)), which knows neither signal nor gamma.
///
/// noise   standard deviation > 0
/// Source  Li, Lin (2024), corollary 3.3
double theory_stop(std::size_t depth, double noise, double constant = 1);

/// Theory's start of the further layers: b0 = constant * noise^(1/(D+2)) (theorem 3.2).
double theory_layer_start(std::size_t depth, double noise, double constant = 1);

}  // namespace surplus

#endif  // SURPLUS_SEQUENCE_EARLY_STOPPING_H_
