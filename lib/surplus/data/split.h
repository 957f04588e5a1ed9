/// Samples divided at random: into training and test data, or down to a subset.
#ifndef SURPLUS_DATA_SPLIT_H_
#define SURPLUS_DATA_SPLIT_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

/// Row numbers, each row in one of the two, both in random order.
struct Split {
  std::vector<std::size_t> train, test;
};

/// Draws round(test_share n) of the rows 0 .. n - 1 for the test, and at least one for each side.
///
/// Throws  ArgumentError if n < 2 or test_share is not between 0 and 1
Split split(std::size_t n, double test_share, Rng& rng);

/// The same with each class divided alike: as many rows in all as split() draws, of each class its
/// share of them rounded down or up, up where the fraction is largest.
///
/// labels  the class of each row, any numbers
/// Throws  as split()
Split stratified_split(std::span<const std::size_t> labels, double test_share, Rng& rng);

/// `count` of the rows 0 .. n - 1, each at most once, in random order. Of one seed, a smaller subset
/// is the beginning of a larger one.
///
/// Throws  ArgumentError if count > n
std::vector<std::size_t> random_subset(std::size_t n, std::size_t count, Rng& rng);

/// The rows of x with these numbers, in this order.
///
/// Throws  ArgumentError if a number is not below the number of rows
Matrix<float> take_rows(MatrixView<const float> x, std::span<const std::size_t> rows);
Matrix<double> take_rows(MatrixView<const double> x, std::span<const std::size_t> rows);

}  // namespace surplus

#endif  // SURPLUS_DATA_SPLIT_H_
