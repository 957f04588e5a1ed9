#include "apps/studies/linearity/deep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "apps/runner/cells.h"
#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/mean_squared_error.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/spectral_density.h"
#include "surplus/theory/hessian.h"
#include "surplus/theory/ntk.h"

namespace surplus::apps::linearity {
namespace {

struct DeepStart {
  double norm, gradient, error;
};

DeepStart deep_start(const DeepDesign& design, const Rng& rng) {
  const MlpConfig mlp{.inputs = 2,
                      .hidden = design.hidden,
                      .activation = ad::Activation::kTanh,
                      .bias = false,
                      .initializer = Initializer::kNtk};
  const Parameters<double> theta = mlp_parameters<double>(mlp, rng.split("start"));
  Rng draws = rng.split("point");
  const double angle = 2 * std::numbers::pi * draws.uniform();
  const Matrix<double> x = {{std::cos(angle), std::sin(angle)}};
  const Network<double> network = network_with(mlp, design.output);
  const ExtremeEigenvalues ends =
      extreme_eigenvalues(output_hessian<double>(network, theta, x), theta.size(),
                          {.end = SpectrumEnd::kLargest, .tolerance = 1e-4});
  const Matrix<double> k = ntk_from_jacobians<double>(network, theta, x);
  const bool top = std::abs(ends.top.value) >= std::abs(ends.bottom.value);
  return {ends.norm(), std::sqrt(k(0, 0)),
          (top ? ends.top.error : ends.bottom.error) / ends.norm()};
}

double parameters_of(const std::vector<std::size_t>& hidden) {
  double sum = 0, inputs = 2;
  for (const std::size_t width : hidden) {
    sum += inputs * static_cast<double>(width);
    inputs = static_cast<double>(width);
  }
  return sum;
}

struct LossStart {
  double top, bottom, kernel_top, trace, kernel_trace;
};
constexpr std::size_t kDensityPoints = 241;
constexpr double kDensityWidth = 0.02;  // of the largest eigenvalue

}  // namespace

double deep_seconds(const DeepDesign& design) {
  // As measured: some thirty products and as many vectors that are made orthogonal.
  return static_cast<double>(design.seeds) * (0.004 + 1.2e-6 * parameters_of(design.hidden));
}

DeepPoint run_deep(const std::string& part, const DeepDesign& design, Run& run) {
  std::string name = fmt::format("{}, {} output, widths", part, to_text(design.output));
  for (const std::size_t width : design.hidden) name += fmt::format(" {}", width);
  const Rng rng = run.rng().split(name);
  const auto starts = cells_by_seed<DeepStart>(
      run, name, deep_seconds(design) / static_cast<double>(design.seeds), design.seeds,
      [&](std::size_t r) { return deep_start(design, rng.split(r)); });
  std::vector<double> norms, gradients;
  DeepPoint point;
  point.design = design;
  for (const DeepStart& one : starts) {
    norms.push_back(one.norm);
    gradients.push_back(one.gradient);
    point.error = std::max(point.error, one.error);
  }
  point.norm = mean_of(norms);
  point.gradient = mean_of(gradients);
  return point;
}

double loss_hessian_seconds(std::size_t m, std::size_t seeds) {
  return static_cast<double>(seeds) * (0.1 + 2e-4 * static_cast<double>(m));
}

LossHessian run_loss_hessian(std::size_t m, std::size_t seeds, Run& run) {
  const DescentDesign design = shallow_design(m, Output::kLinear);
  const std::string name = fmt::format("loss Hessian, width {}", m);
  const Rng rng = run.rng().split(name);
  const std::size_t count = seeds * kValues<LossStart> + 2 * kDensityPoints;
  const std::vector<double> values = run.cell(name, loss_hessian_seconds(m, seeds), count, [&] {
    std::vector<LossStart> starts(seeds);
    std::vector<double> curve(2 * kDensityPoints);
    parallel_for(seeds, [&](std::size_t r) {
      Rng draws = rng.split(r).split("points");
      Matrix<double> x(design.points, design.network.inputs), y(design.points, 1);
      draws.fill_normal(x.values());
      for (std::size_t i = 0; i < x.rows(); ++i) {
        double squares = 0;
        for (const double value : x.row(i)) squares += value * value;
        for (double& value : x.row(i)) value *= design.input_length / std::sqrt(squares);
        y(i, 0) = draws.uniform() < 0.5 ? -0.8 : 0.8;
      }
      const Parameters<double> theta =
          mlp_parameters<double>(design.network, rng.split(r).split("start"));
      const Objective<double> loss = [&](ad::Tape<double>& tape,
                                         std::span<const ad::Var<double>> leaves,
                                         const Batch<double>& batch) {
        const auto f = mlp(design.network, leaves, tape.leaf(batch.examples.x));
        return ad::mul(ad::mean_squared_error(f, tape.leaf(batch.examples.targets)),
                       tape.constant(static_cast<double>(design.points) / 2));
      };
      const SymmetricOperator h = loss_hessian<double>(loss, theta, {.x = x, .targets = y});
      const ExtremeEigenvalues ends = extreme_eigenvalues(h, theta.size(), {.tolerance = 1e-4});
      const Matrix<double> k = ntk(design.network, theta, x);
      double trace = 0;
      for (std::size_t i = 0; i < k.rows(); ++i) trace += k(i, i);
      starts[r] = {ends.top.value, ends.bottom.value, eigh(k).values.back(),
                   estimate_trace(h, theta.size(), {.probes = 100}).value, trace};
      if (r != 0) return;
      const double low = 1.5 * ends.bottom.value, high = 1.1 * ends.top.value;
      for (std::size_t i = 0; i < kDensityPoints; ++i) {
        curve[i] = low + (high - low) * static_cast<double>(i) / (kDensityPoints - 1);
      }
      const std::vector<double> density =
          spectral_density(h, theta.size(), {.probes = 16, .steps = 60})
              .at(std::span(curve).first(kDensityPoints), kDensityWidth * ends.top.value);
      std::ranges::copy(density, curve.begin() + kDensityPoints);
    });
    std::vector<double> all = pack(starts);
    all.insert(all.end(), curve.begin(), curve.end());
    return all;
  });
  const auto end = values.end() - static_cast<std::ptrdiff_t>(2 * kDensityPoints);
  const auto starts = unpack<LossStart>({values.begin(), end});
  const auto mean = [&](double LossStart::*member) {
    std::vector<double> some;
    some.reserve(starts.size());
    for (const LossStart& one : starts) some.push_back(one.*member);
    return mean_of(some);
  };
  LossHessian result;
  result.width = static_cast<double>(m);
  result.top = mean(&LossStart::top);
  result.bottom = mean(&LossStart::bottom);
  result.kernel_top = mean(&LossStart::kernel_top);
  result.trace = mean(&LossStart::trace);
  result.kernel_trace = mean(&LossStart::kernel_trace);
  result.points.assign(end, end + static_cast<std::ptrdiff_t>(kDensityPoints));
  result.density.assign(end + static_cast<std::ptrdiff_t>(kDensityPoints), values.end());
  result.density_width = kDensityWidth * starts[0].top;
  return result;
}

}  // namespace surplus::apps::linearity
