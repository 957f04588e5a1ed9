#include "apps/studies/two_layer_capacity/library_checks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "apps/runner/cells.h"
#include "apps/studies/two_layer_capacity/reference.h"
#include "surplus/data/split.h"
#include "surplus/linalg/matmul.h"
#include "surplus/theory/lower_bound.h"
#include "surplus/theory/rademacher.h"
#include "surplus/theory/two_layer.h"
#include "surplus/theory/two_layer_bounds.h"

namespace surplus::apps::two_layer_capacity {
namespace {

constexpr std::size_t kInputs = 20, kHidden = 32, kClasses = 5, kSamples = 40;

Matrix<double> normals(std::size_t rows, std::size_t cols, Rng rng, double scale) {
  Matrix<double> x(rows, cols);
  rng.fill_normal(x.values());
  for (double& value : x.values()) value *= scale;
  return x;
}

// A network, and where it started; the norms know nothing of biases, of which it has none.
struct Net {
  Matrix<double> u, v, u0, v0;
};

Net random_net(const Rng& rng) {
  Net net;
  net.u0 = normals(kHidden, kInputs, rng.split("u0"), 0.2);
  net.v0 = normals(kClasses, kHidden, rng.split("v0"), 0.2);
  net.u = normals(kHidden, kInputs, rng.split("u"), 0.1);
  net.v = normals(kClasses, kHidden, rng.split("v"), 0.3);
  for (std::size_t i = 0; i < net.u.size(); ++i) net.u.data()[i] += net.u0.data()[i];
  for (std::size_t i = 0; i < net.v.size(); ++i) net.v.data()[i] += net.v0.data()[i];
  return net;
}

Matrix<double> take_columns(MatrixView<const double> x, const std::vector<std::size_t>& columns) {
  Matrix<double> taken(x.rows(), columns.size());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) taken(i, j) = x(i, columns[j]);
  }
  return taken;
}

Matrix<double> outputs(const Net& net, MatrixView<const double> x) {
  return matmul(rectified(x, net.u), net.v, {.transpose_b = true});
}

TwoLayerNorms norms_of(const Net& net) { return two_layer_norms({net.u, net.v}, {net.u0, net.v0}); }

std::vector<double> measures_of(const Net& net) {
  const CapacityMeasures m = capacity_measures(norms_of(net), BoundVariant::kCorrected);
  return {m.max_row_l1, m.frobenius, m.spectral_l1, m.spectral_frobenius, m.unit_wise};
}

std::vector<double> bounds_of(const Net& net, MatrixView<const double> x) {
  const TwoLayerBounds b = two_layer_bounds(norms_of(net), two_layer_data(x, net.u0), 1);
  return {*b.max_row_l1, *b.frobenius, *b.spectral_l1, *b.spectral_frobenius, *b.unit_wise};
}

double farthest(const std::vector<double>& found, const std::vector<double>& expected) {
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    worst = std::max(worst, std::abs(found[i] / expected[i] - 1));
  }
  return worst;
}

void check_symmetries(const Rng& rng, LibraryChecks& checks) {
  const Net net = random_net(rng);
  const Matrix<double> x = normals(kSamples, kInputs, rng.split("x"), 1);
  const std::vector<double> measures = measures_of(net);

  Rng order_rng = rng.split("order");
  const std::vector<std::size_t> order = order_rng.permutation(kHidden);
  const Net permuted{take_rows(net.u, order), take_columns(net.v, order), take_rows(net.u0, order),
                     take_columns(net.v0, order)};
  checks.permuted = std::max(farthest(measures_of(permuted), measures),
                             farthest(bounds_of(permuted, x), bounds_of(net, x)));

  Net rescaled = net;
  for (double& value : rescaled.u.values()) value *= 2;
  for (double& value : rescaled.v.values()) value /= 2;
  const Matrix<double> before = outputs(net, x), after = outputs(rescaled, x);
  for (std::size_t i = 0; i < before.size(); ++i) {
    checks.rescaled_output =
        std::max(checks.rescaled_output, std::abs(after.data()[i] - before.data()[i]));
  }
  const std::vector<double> moved = measures_of(rescaled);
  checks.rescaled_products = farthest({moved[0], moved[1]}, {measures[0], measures[1]});
  checks.rescaled_least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 2; i < moved.size(); ++i) {
    checks.rescaled_least = std::min(checks.rescaled_least, std::abs(moved[i] / measures[i] - 1));
  }
}

void check_complexities(const Rng& rng, LibraryChecks& checks) {
  constexpr std::size_t kClassSamples = 12, kUnits = 6;
  checks.bracket = checks.lower_share = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < 10; ++i) {
    const Rng here = rng.split(i);
    std::vector<double> alpha(kUnits), beta(kUnits);
    here.split("alpha").fill_uniform(alpha);
    here.split("beta").fill_uniform(beta);
    const Matrix<double> z = rectified(normals(kClassSamples, 4, here.split("x"), 1),
                                       normals(kUnits, 4, here.split("u0"), 1));
    const double exact = exact_rademacher(alpha, z);
    const auto [lower, upper] = khintchine_bracket(alpha, z);
    checks.bracket = std::min({checks.bracket, (exact - lower) / upper, (upper - exact) / upper});
    Rng draws = here.split("draws");
    const RademacherEstimate estimate = estimate_rademacher(alpha, z, 20000, draws);
    checks.estimate =
        std::max(checks.estimate, std::abs(estimate.mean - exact) / estimate.standard_error);
    // The mean over all signs of what the construction reaches.
    double reached = 0, sum = 0;
    for (std::size_t signs = 0; signs < (1u << kClassSamples); ++signs) {
      std::vector<int> xi(kClassSamples);
      for (std::size_t s = 0; s < kClassSamples; ++s) xi[s] = (signs >> s) % 2 == 0 ? 1 : -1;
      reached += lower_bound_value(xi, alpha, beta) / (1u << kClassSamples);
    }
    for (std::size_t j = 0; j < kUnits; ++j) sum += alpha[j] * beta[j];
    checks.lower_share =
        std::min(checks.lower_share,
                 reached / (sum * std::sqrt(static_cast<double>(kClassSamples)) / kClassSamples));
  }
}

}  // namespace

LibraryChecks run_library_checks(Run& run) {
  const Rng rng = run.rng().split("library");
  const auto compute = [&] {
    LibraryChecks checks;
    for (const VcBound& row : kVcBounds) {
      checks.parameter_bounds = std::max(
          checks.parameter_bounds, farthest({parameter_bound(3072, row.width, kVcClasses, 50000),
                                             parameter_bound(1024, row.width, kVcClasses, 60000)},
                                            {row.color, row.grey}));
    }
    check_symmetries(rng.split("symmetries"), checks);
    check_complexities(rng.split("complexities"), checks);
    return pack(std::vector{checks});
  };
  return unpack<LibraryChecks>(
             run.cell("library", kLibrarySeconds, kValues<LibraryChecks>, compute))
      .front();
}

}  // namespace surplus::apps::two_layer_capacity
