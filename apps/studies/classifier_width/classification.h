/// Part C of classifier-width: two classes, some labels flipped, and a classifier of growing width.
///
/// The class is the sign of the teacher's target (student.h). N random rectified features of the 20
/// inputs stay as drawn; the readout alone is fitted, by least squares of least norm on labels -1 and
/// 1, or with the penalty that leave-one-out residuals choose. Errors are against unflipped labels.
#ifndef SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_CLASSIFICATION_H_
#define SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_CLASSIFICATION_H_

#include <cstddef>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::classifier_width {

struct ClassDesign {
  std::size_t n = 400;    ///< examples
  double flipped = 0.15;  ///< share of training labels
  std::size_t seeds = 0;
  std::vector<std::size_t> widths{};
};

struct ClassFit {
  double width = 0;
  double train_error = 0;  ///< share of the flipped labels trained on that it misses
  double test_error = 0;   ///< share of 3000 test rows
  double ridge_train_error = 0;
  double ridge_test_error = 0;
  double lambda = 0;  ///< over n, as leave-one-out chose it
};

struct ClassCurve {
  ClassDesign design;
  std::vector<std::vector<ClassFit>> seeds{};
};

double class_seconds(const ClassDesign& design);
ClassCurve run_classes(const ClassDesign& design, Run& run);

}  // namespace surplus::apps::classifier_width

#endif  // SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_CLASSIFICATION_H_
