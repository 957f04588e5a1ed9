/// A data set in memory.
#ifndef SURPLUS_DATA_SAMPLES_H_
#define SURPLUS_DATA_SAMPLES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// n samples of d features, with a class each if there are labels.
struct Samples {
  Matrix<double> x = {};                        ///< n x d
  std::vector<std::size_t> labels = {};         ///< n classes, each below k; or empty
  std::vector<std::string> label_names = {};    ///< k names; empty if there are no labels
  std::vector<std::string> feature_names = {};  ///< d names; empty if they have none
};

}  // namespace surplus

#endif  // SURPLUS_DATA_SAMPLES_H_
