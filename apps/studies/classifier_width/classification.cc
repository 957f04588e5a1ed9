#include "apps/studies/classifier_width/classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "apps/runner/cells.h"
#include "apps/studies/classifier_width/student.h"
#include "surplus/core/parallel.h"
#include "surplus/features/random_features.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/nested_lstsq.h"
#include "surplus/linalg/ridge.h"

namespace surplus::apps::classifier_width {
namespace {

constexpr std::array kLambdas = {1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0};

Matrix<double> widen(const Matrix<float>& x) {
  Matrix<double> wide(x.rows(), x.cols());
  std::ranges::copy(x.values(), wide.values().begin());
  return wide;
}

Matrix<double> signs(const Matrix<float>& y) {
  Matrix<double> labels(y.rows(), 1);
  for (std::size_t i = 0; i < y.rows(); ++i) labels(i, 0) = y(i, 0) < 0 ? -1 : 1;
  return labels;
}

double error_share(const Matrix<double>& answers, const Matrix<double>& labels) {
  double wrong = 0;
  for (std::size_t i = 0; i < labels.rows(); ++i) {
    wrong += (answers(i, 0) < 0) == (labels(i, 0) < 0) ? 0 : 1;
  }
  return wrong / static_cast<double>(labels.rows());
}

// Of the penalties the one with the smallest leave-one-out residuals.
Ridge<double> chosen_ridge(const Matrix<double>& a, const Matrix<double>& b, double& lambda) {
  const RidgeFactors<double> factors = factor_ridge(a, b);
  const auto n = static_cast<double>(b.rows());
  Ridge<double> best;
  double least = std::numeric_limits<double>::infinity();
  for (const double candidate : kLambdas) {
    Ridge<double> fit = ridge(factors, candidate * n);
    double sum = 0;
    for (const double residual : fit.leave_one_out.values()) sum += residual * residual;
    if (sum >= least) continue;
    least = sum;
    lambda = candidate;
    best = std::move(fit);
  }
  return best;
}

std::vector<ClassFit> fit_classes(const ClassDesign& design, const Rng& rng) {
  const Lesson lesson = make_lesson(design.n, 1, 0, rng);
  const Matrix<double> x = widen(lesson.x), test_x = widen(lesson.test_x);
  Matrix<double> labels = signs(lesson.y);
  const Matrix<double> test_labels = signs(lesson.test_y);
  Rng flips = rng.split("flips");
  for (double& label : labels.values()) {
    if (flips.uniform() < design.flipped) label = -label;
  }
  const std::size_t most = design.widths.back();
  // Of directions with this spread and inputs of variance 1, arguments have variance about 1.
  const auto drawn = draw_random_features<double>(
      RandomFeature::kRelu, most, kInputs, std::sqrt(double{kInputs}), rng.split("features"));
  Matrix<double> z(design.n, most), test_z(kTestRows, most);
  random_features<double>(drawn, x, 0, z);
  random_features<double>(drawn, test_x, 0, test_z);
  const auto fits = nested_lstsq<double>(z.view(), labels, design.widths);
  std::vector<ClassFit> points;
  for (std::size_t i = 0; i < design.widths.size(); ++i) {
    const std::size_t width = design.widths[i];
    const Matrix<double> some(z.view().block(0, 0, design.n, width));
    const auto some_test = test_z.view().block(0, 0, kTestRows, width);
    ClassFit point{static_cast<double>(width)};
    point.train_error = error_share(matmul(some.view(), fits[i].x.view()), labels);
    point.test_error = error_share(matmul(some_test, fits[i].x.view()), test_labels);
    const Ridge<double> penalised = chosen_ridge(some, labels, point.lambda);
    point.ridge_train_error = error_share(matmul(some.view(), penalised.x.view()), labels);
    point.ridge_test_error = error_share(matmul(some_test, penalised.x.view()), test_labels);
    points.push_back(point);
  }
  return points;
}

}  // namespace

double class_seconds(const ClassDesign& design) {
  const auto n = static_cast<double>(design.n);
  double sum = 0;
  for (const std::size_t width : design.widths) {
    const auto wide = static_cast<double>(width);
    const double small = std::min(n, wide);
    sum += (8 * n * wide * small + 10 * small * small * small + 4 * kTestRows * wide) / 1e10;
  }
  return static_cast<double>(design.seeds) * sum;
}

ClassCurve run_classes(const ClassDesign& design, Run& run) {
  ClassCurve curve{design, std::vector<std::vector<ClassFit>>(design.seeds)};
  parallel_for(design.seeds, [&](std::size_t seed) {
    curve.seeds[seed] = unpack<ClassFit>(run.cell(
        fmt::format("C, seed {}", seed), class_seconds(design) / static_cast<double>(design.seeds),
        design.widths.size() * kValues<ClassFit>,
        [&] { return pack(fit_classes(design, run.rng().split("C").split(seed))); }));
  });
  return curve;
}

}  // namespace surplus::apps::classifier_width
