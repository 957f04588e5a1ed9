/// How the error at the best time falls with n: figures 1 and 3, tables 1 and 2.
#ifndef SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_RATES_H_
#define SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_RATES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/linalg/line_fit.h"
#include "surplus/sequence/model.h"

namespace surplus::apps::sequence_adaptivity {

/// One power law, followed at several sample sizes.
struct RateDesign {
  PowerLaw law;
  std::size_t depth = 0;
  std::size_t coordinates = 0;
  std::vector<std::uint64_t> n = {};
  std::size_t repetitions = 0;  ///< not looked at where eigenvalues are fixed
  std::size_t per_octave = 0;
  double layer_start = 1;
};

/// One sample size. Means over the repetitions; standard deviations of one repetition.
struct RatePoint {
  double n = 0;
  double error = 0;  ///< at the time that is best for the repetition
  double error_sd = 0;
  double time = 0;
  double time_sd = 0;
  double theory_error = 0;  ///< at the time that theory gives, constant 1
  double interior = 0;      ///< share of repetitions whose best time is not the first or last
};

/// The fits are of decimal logarithms against that of n.
struct RateCell {
  RateDesign design;
  double unseen = 0;  ///< the signal's squares beyond the coordinates
  std::vector<RatePoint> points;
  LineFit error;
  LineFit whole_error;  ///< with the unseen part added
  LineFit time;
  LineFit theory_error;
};

RateCell run_rates(const std::string& part, const RateDesign& design, Run& run);
double rates_seconds(const RateDesign& design);

/// Fixed eigenvalues: the expected error in closed form, at the time that minimises it.
struct FixedPoint {
  double n = 0;
  double error = 0;
  double time = 0;
  double interior = 0;
};
struct FixedCell {
  RateDesign design;
  double unseen = 0;  ///< the signal's squares beyond the coordinates
  std::vector<FixedPoint> points;
  LineFit error;
  LineFit whole_error;  ///< with the unseen part added
  LineFit time;
};

FixedCell run_fixed(const std::string& part, const RateDesign& design, Run& run);
double fixed_seconds(const RateDesign& design);

}  // namespace surplus::apps::sequence_adaptivity

#endif  // SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_RATES_H_
