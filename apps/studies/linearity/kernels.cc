#include "apps/studies/linearity/kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "apps/runner/cells.h"
#include "apps/studies/linearity/path.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/matmul.h"
#include "surplus/theory/linearized.h"
#include "surplus/theory/ntk.h"
#include "surplus/theory/ntk_limit.h"

namespace surplus::apps::linearity {
namespace {

Matrix<double> sphere(std::size_t n, Rng rng) {
  Matrix<double> x(n, 3);
  rng.fill_normal(x.values());
  for (std::size_t i = 0; i < n; ++i) {
    double squares = 0;
    for (const double value : x.row(i)) squares += value * value;
    for (double& value : x.row(i)) value /= std::sqrt(squares);
  }
  return x;
}

MlpConfig network_of(const LimitDesign& design) {
  return {.inputs = 3,
          .hidden = std::vector<std::size_t>(design.hidden, design.width),
          .activation = design.activation,
          .bias = false,
          .initializer = Initializer::kNtk};
}

// Descent on a model that is linear, step by step, beside the closed form.
double descent_difference(const Matrix<double>& k, Rng rng) {
  const std::size_t n = k.rows();
  Matrix<double> residual(n, 1), f(n, 1);
  rng.fill_normal(residual.values());
  double trace = 0;
  for (std::size_t i = 0; i < n; ++i) trace += k(i, i);
  constexpr std::size_t kSteps = 1500;
  for (std::size_t step = 0; step < kSteps; ++step) {
    Matrix<double> rest = residual;
    for (std::size_t i = 0; i < n; ++i) rest(i, 0) -= f(i, 0);
    matmul(k, rest, f, {.alpha = 1 / trace, .beta = 1});
  }
  return ntk_change(kernel_descent(k, k, residual, 1 / trace, kSteps), f);
}

}  // namespace

double limit_seconds(const LimitDesign& design) {
  const auto width = static_cast<double>(design.width);
  const double matrices = static_cast<double>(design.hidden - 1) * width * width;
  return static_cast<double>(design.seeds) * (2e-4 + 1e-6 * width + 4e-8 * matrices);
}

LimitPoint run_limit(const LimitDesign& design, Run& run) {
  const bool relu = design.activation == ad::Activation::kRelu;
  const std::string name = fmt::format("limit, {}, {} hidden layers, width {}",
                                       relu ? "relu" : "erf", design.hidden, design.width);
  const Rng rng = run.rng().split(name);
  const std::vector<double> distances = run.cell(name, limit_seconds(design), design.seeds, [&] {
    std::vector<double> values(design.seeds);
    parallel_for(design.seeds, [&](std::size_t r) {
      const Matrix<double> x = sphere(10, run.rng().split("limit points"));
      const auto theta = mlp_parameters<double>(network_of(design), rng.split(r).split("start"));
      values[r] = ntk_change(ntk(network_of(design), theta, x),
                             ntk_limit(design.activation, design.hidden, x, x).ntk);
    });
    return values;
  });
  return {design, mean_of(distances)};
}

KernelChecks run_kernel_checks(Run& run) {
  const std::string name = "kernel checks";
  const Rng rng = run.rng().split(name);
  return unpack<KernelChecks>(run.cell(name, kKernelChecksSeconds, kValues<KernelChecks>, [&] {
    KernelChecks worst;
    const Matrix<double> x = sphere(10, rng.split("points"));
    for (const std::size_t hidden : {1, 3}) {
      for (const Output output : {Output::kLinear, Output::kTanh}) {
        const MlpConfig mlp = network_of({ad::Activation::kTanh, hidden, 100});
        const auto theta = mlp_parameters<double>(mlp, rng.split(hidden));
        const Network<double> network = network_with(mlp, output);
        const Matrix<double> k = ntk_from_jacobians<double>(network, theta, x);
        worst.products =
            std::max(worst.products, ntk_change(ntk_from_products<double>(network, theta, x), k));
        if (output != Output::kLinear) continue;
        worst.layers = std::max(worst.layers, ntk_change(ntk(mlp, theta, x), k));
        worst.descent =
            std::max(worst.descent, descent_difference(k, rng.split("residual").split(hidden)));
      }
    }
    return pack(std::vector<KernelChecks>{worst});
  }))[0];
}

}  // namespace surplus::apps::linearity
