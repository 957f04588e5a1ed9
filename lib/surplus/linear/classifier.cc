#include "surplus/linear/classifier.h"

#include <algorithm>
#include <cmath>

#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

Matrix<double> scores(std::string_view function, const LinearClassifier& classifier,
                      MatrixView<const double> x) {
  SURPLUS_REQUIRE(classifier.intercepts.size() == classifier.weights.rows(), ShapeError, function,
                  "the classifier must have an intercept per row of weights", "weights",
                  classifier.weights.shape(), "intercepts", classifier.intercepts.size());
  SURPLUS_REQUIRE(x.cols() == classifier.features(), ShapeError, function,
                  "x must have the features of the classifier", "x", x.shape(), "features",
                  classifier.features());
  detail::require_finite(function, "x", x);
  Matrix<double> values = matmul(x, classifier.weights.view(), {.transpose_b = true});
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t j = 0; j < values.cols(); ++j) values(i, j) += classifier.intercepts[j];
  }
  return values;
}

}  // namespace

Matrix<double> decision_values(const LinearClassifier& classifier, MatrixView<const double> x) {
  return scores("decision_values", classifier, x);
}

std::vector<std::size_t> predict(const LinearClassifier& classifier, MatrixView<const double> x) {
  const Matrix<double> values = scores("predict", classifier, x);
  std::vector<std::size_t> classes(values.rows());
  for (std::size_t i = 0; i < values.rows(); ++i) {
    const auto row = values.row(i);
    classes[i] =
        row.size() == 1
            ? (row[0] > 0 ? 1 : 0)
            : static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return classes;
}

Matrix<double> predict_proba(const LinearClassifier& classifier, MatrixView<const double> x) {
  const Matrix<double> values = scores("predict_proba", classifier, x);
  Matrix<double> probabilities(values.rows(), classifier.classes());
  for (std::size_t i = 0; i < values.rows(); ++i) {
    const auto to = probabilities.row(i);
    // A single score is that of class 1; class 0 has the score 0.
    std::copy(values.row(i).begin(), values.row(i).end(),
              to.end() - static_cast<std::ptrdiff_t>(values.cols()));
    const double largest = *std::max_element(to.begin(), to.end());
    double sum = 0;
    for (double& value : to) sum += value = std::exp(value - largest);
    for (double& value : to) value /= sum;
  }
  return probabilities;
}

double accuracy(std::span<const std::size_t> predicted, std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(predicted.size() == labels.size() && !labels.empty(), ShapeError, "accuracy",
                  "there must be as many predictions as labels, and at least one", "predictions",
                  predicted.size(), "labels", labels.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) same += predicted[i] == labels[i];
  return static_cast<double>(same) / static_cast<double>(labels.size());
}

namespace detail {

std::size_t require_classes(std::string_view function, MatrixView<const double> x,
                            std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(!x.empty(), ShapeError, function, "x must have a row and a column", "x",
                  x.shape());
  SURPLUS_REQUIRE(labels.size() == x.rows(), ShapeError, function, "each row must have a label",
                  "rows", x.rows(), "labels", labels.size());
  require_finite(function, "x", x);
  const std::size_t last = *std::max_element(labels.begin(), labels.end());
  SURPLUS_REQUIRE(last >= 1 && last < x.rows(), ArgumentError, function,
                  "labels must be 0 .. k - 1 with k at least 2 and at most n", "largest label",
                  last, "n", x.rows());
  std::vector<bool> seen(last + 1, false);
  for (const std::size_t label : labels) seen[label] = true;
  for (std::size_t k = 0; k <= last; ++k) {
    SURPLUS_REQUIRE(seen[k], ArgumentError, function, "each class must have a row", "class", k,
                    "rows", 0);
  }
  return last + 1;
}

std::vector<double> column_means(MatrixView<const double> x) {
  std::vector<double> means(x.cols(), 0.0);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) means[j] += x(i, j);
  }
  for (double& mean : means) mean /= static_cast<double>(x.rows());
  return means;
}

Matrix<double> centered(MatrixView<const double> x, std::span<const double> means) {
  Matrix<double> result(x);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) result(i, j) -= means[j];
  }
  return result;
}

void uncenter(LinearClassifier& classifier, std::span<const double> means) {
  for (std::size_t i = 0; i < classifier.weights.rows(); ++i) {
    for (std::size_t j = 0; j < means.size(); ++j) {
      classifier.intercepts[i] -= classifier.weights(i, j) * means[j];
    }
  }
}

}  // namespace detail
}  // namespace surplus
