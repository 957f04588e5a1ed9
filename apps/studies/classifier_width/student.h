/// Parts A' and B of classifier-width: networks of one hidden layer of h tanh units, trained on-line.
///
/// A teacher of the same kind with 20 inputs and 10 units, all weights uniform on [-K, K], sets
/// targets, which are brought to mean 0 and variance 1 over the test inputs; noise is added to those
/// of the training alone. An update's rate is the first one times (1 - t / updates) / max(1, h / 10).
///
/// Source  Lawrence, Giles, Tsoi (1997), whose rates and numbers of updates are not known exactly
#ifndef SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_STUDENT_H_
#define SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_STUDENT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus::apps::classifier_width {

inline constexpr std::size_t kInputs = 20, kTeacherUnits = 10, kTestRows = 3000;

/// Inputs and targets with variance 1 before noise.
struct Lesson {
  Matrix<float> x, y;            ///< n x 20 and n x 1
  Matrix<float> test_x, test_y;  ///< 3000 rows, without noise
};
Lesson make_lesson(std::size_t n, double complexity, double noise, const Rng& rng);

struct StudentDesign {
  std::string name;         ///< also that of its cells
  std::size_t n = 0;        ///< examples
  double complexity = 1;    ///< K
  double noise = 0;         ///< in s.d. of the target
  std::size_t updates = 0;  ///< on-line, of one example each
  std::size_t seeds = 0;    ///< teachers, examples and starts
  std::vector<std::size_t> widths{};
  double decay = 0;         ///< of all weights
  double held_out = 0;      ///< share of the examples by which the best update is chosen
  std::size_t members = 1;  ///< students of each teacher, whose mean is the ensemble's answer
};

struct StudentFit {
  double width = 0;
  double train = 0;     ///< mean squared error on the noisy targets trained on
  double test = 0;      ///< on targets without noise
  double ensemble = 0;  ///< the same of all members' mean
  double updates = 0;   ///< at which it was taken
};

struct StudentCurve {
  StudentDesign design;
  std::vector<std::vector<StudentFit>> seeds{};  ///< of each seed one fit a width
};

/// (d + 2) h + 1.
std::size_t weights_of(std::size_t inputs, std::size_t units);

double student_seconds(const StudentDesign& design);
StudentCurve run_students(const StudentDesign& design, Run& run);

/// Networks with one input on the 21 points of part A, errors as there.
struct CurveDesign {
  std::size_t updates = 0, seeds = 0;
  double rate = 0.1;  ///< of the first update
  std::vector<std::size_t> widths{};
};
double curve_seconds(const CurveDesign& design);
StudentCurve run_curve_students(const CurveDesign& design, Run& run);
/// On the grid, the fit of a network of so many units to the sample.
std::vector<double> fitted_curve(const CurveDesign& design, std::size_t units,
                                 const std::vector<double>& sample, const Rng& rng, const Run& run);

}  // namespace surplus::apps::classifier_width

#endif  // SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_STUDENT_H_
