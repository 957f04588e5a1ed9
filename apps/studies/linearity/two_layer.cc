#include "apps/studies/linearity/two_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "apps/runner/cells.h"
#include "surplus/autodiff/derivatives.h"
#include "surplus/core/parallel.h"
#include "surplus/theory/hessian.h"
#include "surplus/theory/linearized.h"

namespace surplus::apps::linearity {
namespace {

using Vector = std::vector<double>;

// Layer 0 is w, m x 1, layer 1 is v, 1 x m: with one input, the first is not scaled.
MlpConfig network_of(const Variant& variant, std::size_t m) {
  return {.inputs = 1,
          .hidden = {m},
          .activation = variant.activation,
          .bias = false,
          .initializer = Initializer::kNtk};
}

Parameters<double> start_of(const Variant& variant, std::size_t m, const Rng& rng) {
  Parameters<double> theta = mlp_parameters<double>(network_of(variant, m), rng);
  if (!variant.normal) {
    for (double& v : theta[1].row(0)) v = v < 0 ? -1 : 1;
  }
  return theta;
}

TwoLayerHessian hessian_of(const Variant& variant, const Parameters<double>& theta) {
  return two_layer_hessian(variant.activation, theta[1].row(0), theta.flat().first(theta[1].cols()),
                           1, variant.fixed_v);
}

double norm_of(const Vector& x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return std::sqrt(sum);
}

// Of what is trained; the elements of fixed v are 0.
Vector gradient_of(const Variant& variant, const Parameters<double>& theta) {
  const Matrix<double> one = {{1}};
  ad::Tape<double> tape;
  Parameters<double> gradient(theta.layout());
  const auto leaves = leaves_of(theta, tape);
  ad::gradient(mlp(network_of(variant, theta[1].cols()), leaves, tape.leaf(one)),
               sinks_of(leaves, gradient));
  Vector values(gradient.flat().begin(), gradient.flat().end());
  if (variant.fixed_v)
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(theta[1].cols()), values.end(), 0.0);
  return values;
}

Parameters<double> moved(const Parameters<double>& theta, const Vector& direction, double by) {
  Parameters<double> to = theta;
  for (std::size_t i = 0; i < to.size(); ++i) to.flat()[i] += by * direction[i];
  return to;
}

// sup ||H|| / 2 on the way from theta to theta + direction, at nine points of it.
double half_sup(const Variant& variant, const Parameters<double>& theta, const Vector& direction) {
  double sup = 0;
  for (int i = 0; i <= 8; ++i) {
    sup = std::max(sup, hessian_of(variant, moved(theta, direction, i / 8.0)).norm);
  }
  return sup / 2;
}

double lanczos_difference(const Variant& variant, const Parameters<double>& theta, double exact,
                          const Run& run) {
  const std::size_t m = theta[1].cols(), n = variant.fixed_v ? m : 2 * m;
  const Matrix<double> one = {{1}};
  const SymmetricOperator h =
      output_hessian<double>(mlp_network<double>(network_of(variant, m)), theta, one);
  // The block of what is trained.
  Vector all(2 * m), product(2 * m);
  const SymmetricOperator block = [&](std::span<const double> x, std::span<double> y) {
    std::ranges::copy(x, all.begin());
    h(all, product);
    std::copy_n(product.begin(), n, y.begin());
  };
  // A looser tolerance may be met by the second largest before the largest, which lies close to it, is
  // seen at all.
  const ExtremeEigenvalues found = extreme_eigenvalues(block, n,
                                                       {.end = SpectrumEnd::kLargest,
                                                        .tolerance = 1e-9,
                                                        .iterations = n,
                                                        .observer = run.observer()});
  return std::abs(found.norm() / exact - 1);
}

// `run` if Lanczos is to be asked too.
TwoLayerStart start(const Variant& variant, std::size_t m, const Rng& rng, const Run* run) {
  const Parameters<double> theta = start_of(variant, m, rng);
  const Network<double> network = mlp_network<double>(network_of(variant, m));
  const Matrix<double> one = {{1}};
  const TwoLayerHessian top = hessian_of(variant, theta);
  const Vector gradient = gradient_of(variant, theta);
  TwoLayerStart result{.norm = top.norm, .gradient = norm_of(gradient)};

  Vector worst(2 * m), descent = gradient, random(2 * m);
  worst[top.unit] = top.w;
  worst[m + top.unit] = top.v;
  Rng draws = rng.split("direction");
  draws.fill_normal(random);
  if (variant.fixed_v)
    std::fill(random.begin() + static_cast<std::ptrdiff_t>(m), random.end(), 0.0);
  const double length = norm_of(random);
  for (double& x : random) x /= length;
  for (double& x : descent) x /= -result.gradient;

  const SymmetricOperator h = output_hessian<double>(network, theta, one);
  Vector product(2 * m);
  const auto along = [&](const Vector& direction) {
    const auto remainder = [&](double s) {
      return linearize<double>(network, theta, moved(theta, direction, s), one).remainder(0, 0);
    };
    const double r = std::abs(remainder(1));
    result.taylor = std::max(result.taylor, r / half_sup(variant, theta, direction));
    h(direction, product);
    double half = 0;
    for (std::size_t i = 0; i < product.size(); ++i) half += direction[i] * product[i] / 2;
    constexpr double kStep = 1e-3;
    result.quotient = std::max(
        result.quotient, std::abs(remainder(kStep) / (kStep * kStep) - half) / (top.norm / 2));
    return r;
  };
  result.worst = along(worst);
  result.descent = along(descent);
  result.random = along(random);
  const double after = norm_of(gradient_of(variant, moved(theta, descent, 1)));
  result.change = std::abs(after * after / (result.gradient * result.gradient) - 1);
  result.lanczos = run != nullptr ? lanczos_difference(variant, theta, top.norm, *run)
                                  : std::numeric_limits<double>::quiet_NaN();
  return result;
}

double cell_seconds(const TwoLayerDesign& design, std::uint64_t m) {
  const auto width = static_cast<double>(m);
  // As measured, per start and unit; Lanczos takes about m / 2 steps, the last of them m^2 numbers.
  return 4e-6 * width * static_cast<double>(design.starts) +
         (m <= design.lanczos_width ? 3e-9 * width * width * width : 0);
}

}  // namespace

double two_layer_seconds(const TwoLayerDesign& design) {
  double sum = 0;
  for (const std::uint64_t m : design.widths) sum += cell_seconds(design, m);
  return sum * static_cast<double>(kVariants.size());
}

std::vector<TwoLayerTrend> run_two_layer(const TwoLayerDesign& design, Run& run) {
  std::vector<TwoLayerTrend> trends;
  for (const Variant& variant : kVariants) {
    TwoLayerTrend trend;
    trend.variant = variant;
    for (const std::uint64_t m : design.widths) {
      const std::string name = fmt::format("two layers, {}, m {}", variant.name, m);
      const Rng rng = run.rng().split(name);
      const auto starts = unpack<TwoLayerStart>(
          run.cell(name, cell_seconds(design, m), design.starts * kValues<TwoLayerStart>, [&] {
            std::vector<TwoLayerStart> values(design.starts);
            parallel_for(design.starts, [&](std::size_t r) {
              values[r] = start(variant, m, rng.split(r),
                                r == 0 && m <= design.lanczos_width ? &run : nullptr);
            });
            return pack(values);
          }));
      const auto mean = [&](double TwoLayerStart::*member, double factor = 1) {
        Vector values;
        for (const TwoLayerStart& one : starts) values.push_back(factor * (one.*member));
        return mean_of(values);
      };
      trend.widths.push_back(static_cast<double>(m));
      trend.norm.push_back(mean(&TwoLayerStart::norm));
      trend.corrected.push_back(
          mean(&TwoLayerStart::norm, 1 / std::sqrt(std::log(static_cast<double>(m)))));
      trend.gradient.push_back(mean(&TwoLayerStart::gradient));
      trend.worst.push_back(mean(&TwoLayerStart::worst));
      trend.descent.push_back(mean(&TwoLayerStart::descent));
      trend.random.push_back(mean(&TwoLayerStart::random));
      trend.change.push_back(mean(&TwoLayerStart::change));
      for (const TwoLayerStart& one : starts) {
        trend.taylor = std::max(trend.taylor, one.taylor);
        trend.quotient = std::max(trend.quotient, one.quotient);
        if (!std::isnan(one.lanczos)) trend.lanczos = std::max(trend.lanczos, one.lanczos);
      }
    }
    trends.push_back(std::move(trend));
  }
  return trends;
}

}  // namespace surplus::apps::linearity
