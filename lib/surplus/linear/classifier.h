/// Classifiers by linear scores: what every fit of this folder returns.
#ifndef SURPLUS_LINEAR_CLASSIFIER_H_
#define SURPLUS_LINEAR_CLASSIFIER_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// Scores w_i . x + b_i. With m = k rows the class is that of the largest score; with one row there
/// are two classes, and the class is 1 where the score is positive.
struct LinearClassifier {
  Matrix<double> weights = {};          ///< m x d
  std::vector<double> intercepts = {};  ///< m

  std::size_t classes() const { return weights.rows() == 1 ? 2 : weights.rows(); }
  std::size_t features() const { return weights.cols(); }
  friend bool operator==(const LinearClassifier&, const LinearClassifier&) = default;
};

/// The scores, n x m.
///
/// x       n x d, finite
/// Throws  ShapeError if x has not the features of the classifier, or that has not an intercept per
///         row; ArgumentError at a NaN or an infinity
Matrix<double> decision_values(const LinearClassifier& classifier, MatrixView<const double> x);

/// The class of each row; the first of equal scores, and 0 for a single score of 0.
/// Throws as decision_values().
std::vector<std::size_t> predict(const LinearClassifier& classifier, MatrixView<const double> x);

/// P(class | x), n x k, of a classifier whose scores are log-odds, as those of fit_logistic() and
/// fit_lda() are: the softmax of the scores, or of (0, score).
/// Throws as decision_values().
Matrix<double> predict_proba(const LinearClassifier& classifier, MatrixView<const double> x);

/// The share of rows for which both say the same.
/// Throws  ShapeError if the lengths differ, or there is no row
double accuracy(std::span<const std::size_t> predicted, std::span<const std::size_t> labels);

namespace detail {

/// The number of classes k, the labels being 0 .. k - 1.
/// Throws in the name of `function` ShapeError unless x has a row, a column and a label for each
/// row; ArgumentError if x is not finite, there is one class alone, or a class has no row.
std::size_t require_classes(std::string_view function, MatrixView<const double> x,
                            std::span<const std::size_t> labels);

/// The mean of each column.
std::vector<double> column_means(MatrixView<const double> x);

/// x with the means taken from its columns.
Matrix<double> centered(MatrixView<const double> x, std::span<const double> means);

/// Lets a classifier that was made for centered() data take the data themselves.
void uncenter(LinearClassifier& classifier, std::span<const double> means);

}  // namespace detail
}  // namespace surplus

#endif  // SURPLUS_LINEAR_CLASSIFIER_H_
