/// The images of double-descent.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_DATA_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_DATA_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus::apps::double_descent {

/// Images as rows of numbers in [0, 1], with a target of 1 at the class and 0 elsewhere.
template <typename T>
struct Part {
  Matrix<T> x;                      ///< n x d
  Matrix<T> targets;                ///< n x classes
  std::vector<std::size_t> labels;  ///< n
};

template <typename T>
struct Problem {
  Part<T> train, test;
};

/// Whether open_images() would find the files of the set.
bool is_present(const std::string& images, const std::filesystem::path& data);

/// The first n training images and all test images; `halved`: means over 2 x 2 pixels.
/// Throws  as open_images(); ArgumentError if there are fewer than n
template <typename T>
Problem<T> load_problem(const std::string& images, std::size_t n, bool halved,
                        const std::filesystem::path& data);

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_DATA_H_
