#include "apps/studies/double_descent/fourier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/runner/cells.h"
#include "apps/studies/double_descent/data.h"
#include "surplus/core/errors.h"
#include "surplus/features/kernel_ridge.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/nested_lstsq.h"
#include "surplus/train/objective.h"

namespace surplus::apps::double_descent {
namespace {

constexpr std::size_t kBlock = 512;

double squared_loss(const Matrix<double>& outputs, const Matrix<double>& targets) {
  double sum = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double error = outputs.values()[i] - targets.values()[i];
    sum += error * error;
  }
  return sum / static_cast<double>(outputs.rows());
}

// The outputs of all fits for the rows of x, in one pass over the features.
std::vector<Matrix<double>> outputs_of(const std::vector<Lstsq<double>>& fits,
                                       const RandomFeatures<double>& features,
                                       const Matrix<double>& x) {
  std::vector<Matrix<double>> outputs;
  outputs.reserve(fits.size());
  for (const Lstsq<double>& fit : fits) outputs.emplace_back(x.rows(), fit.x.cols());
  const std::size_t count = fits.empty() ? 0 : fits.back().x.rows();
  Matrix<double> block(x.rows(), std::min(kBlock, count));
  for (std::size_t first = 0; first < count; first += kBlock) {
    const std::size_t width = std::min(kBlock, count - first);
    random_features(features, x, first, block.view().block(0, 0, x.rows(), width));
    for (std::size_t f = 0; f < fits.size(); ++f) {
      const Matrix<double>& w = fits[f].x;
      if (first >= w.rows()) continue;
      const std::size_t used = std::min(width, w.rows() - first);
      matmul(std::as_const(block).view().block(0, 0, x.rows(), used),
             w.view().block(first, 0, used, w.cols()), outputs[f].view(), {.beta = 1});
    }
  }
  return outputs;
}

// Complex least squares has a real and an imaginary equation for each image.
std::vector<Lstsq<double>> fit_all(const FourierDesign& design,
                                   const RandomFeatures<double>& features,
                                   const Part<double>& train, std::vector<std::size_t> counts) {
  if (design.kind != RandomFeature::kFourierComplex) {
    return nested_lstsq<double>(
        ColumnBlock<double>([&](std::size_t first, MatrixView<double> columns) {
          random_features(features, train.x, first, columns);
        }),
        train.targets, counts);
  }
  const std::size_t n = train.x.rows();
  const RandomFeatures<double> imaginary = imaginary_part(features);
  Matrix<double> targets(2 * n, train.targets.cols());
  std::ranges::copy(train.targets.values(), targets.values().begin());
  return nested_lstsq<double>(
      ColumnBlock<double>([&](std::size_t first, MatrixView<double> columns) {
        random_features(features, train.x, first, columns.block(0, 0, n, columns.cols()));
        random_features(imaginary, train.x, first, columns.block(n, 0, n, columns.cols()));
      }),
      targets, counts);
}

std::vector<FourierPoint> sweep(const FourierDesign& design, const Run& run) {
  const auto problem = load_problem<double>(design.images, design.n, false, run.data_directory);
  const std::size_t per = design.kind == RandomFeature::kFourierComplex ? 2 : 1;
  std::vector<std::size_t> counts;
  for (const std::size_t count : design.features) counts.push_back(per * count);
  const RandomFeatures<double> features =
      draw_random_features<double>(design.kind, counts.back(), problem.train.x.cols(), design.sigma,
                                   run.rng().split("2").split(design.images).split(design.seed));
  const auto fits = fit_all(design, features, problem.train, counts);
  const auto on_train = outputs_of(fits, features, problem.train.x);
  const auto on_test = outputs_of(fits, features, problem.test.x);
  std::vector<FourierPoint> points;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    const double count = static_cast<double>(design.features[i]);
    points.push_back({count, error_rate<double>(on_test[i].view(), problem.test.labels),
                      error_rate<double>(on_train[i].view(), problem.train.labels),
                      squared_loss(on_test[i], problem.test.targets),
                      squared_loss(on_train[i], problem.train.targets),
                      fits[i].norm * std::sqrt(count), static_cast<double>(fits[i].rank),
                      fits[i].condition});
  }
  return points;
}

KernelLimit limit(const FourierDesign& design, const Run& run) {
  const auto problem = load_problem<double>(design.images, design.n, false, run.data_directory);
  const auto& x = problem.train.x;
  const KernelRidge<double> fit =
      kernel_ridge(gaussian_kernel(x, x, design.sigma), problem.train.targets, 0);
  const auto outputs =
      matmul(gaussian_kernel(problem.test.x, x, design.sigma).view(), fit.alpha.view());
  return {error_rate<double>(outputs.view(), problem.test.labels),
          squared_loss(outputs, problem.test.targets), fit.norm};
}

}  // namespace

std::string name_of(const FourierDesign& design) {
  return fmt::format("{}, n={}, {}, seed {}", design.images, design.n, to_text(design.kind),
                     design.seed);
}

double fourier_seconds(const FourierDesign& design) {
  const double per = design.kind == RandomFeature::kFourierComplex ? 2 : 1;
  const double n = per * static_cast<double>(design.n), d = 784, test = 1e4;
  const double most = per * static_cast<double>(design.features.back());
  const double solves = static_cast<double>(
      std::ranges::count_if(design.features, [&](std::size_t f) { return f > design.n; }));
  const double flops = 2 * d * most * (test + 3 * n) + n * n * (most + n) + solves * n * n * n / 3;
  return 0.5 + flops / 2.5e10;
}

FourierSweep run_fourier(const FourierDesign& design, Run& run) {
  return {design, unpack<FourierPoint>(run.cell("2, " + name_of(design), fourier_seconds(design),
                                                design.features.size() * kValues<FourierPoint>,
                                                [&] { return pack(sweep(design, run)); }))};
}

KernelLimit run_kernel_limit(const FourierDesign& design, Run& run) {
  return unpack<KernelLimit>(run.cell(fmt::format("2, {}, n={}, kernel", design.images, design.n),
                                      1, kValues<KernelLimit>,
                                      [&] { return pack(std::vector{limit(design, run)}); }))
      .front();
}

}  // namespace surplus::apps::double_descent
