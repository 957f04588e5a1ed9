#include "apps/studies/linearity/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/runner/cells.h"
#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/mean_squared_error.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/linalg/eigh.h"
#include "surplus/theory/linearized.h"
#include "surplus/theory/ntk.h"

namespace surplus::apps::linearity {
namespace {

constexpr std::size_t kInputs = 3;

ad::Var<double> swish(const ad::Var<double>& f) { return ad::mul(f, ad::sigmoid(f)); }
ad::Var<double> softmax(const ad::Var<double>& f) { return ad::exp(ad::log_softmax(f)); }

Matrix<double> points(const DescentDesign& design, Rng rng) {
  Matrix<double> x(design.points, design.network.inputs);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    double squares = 0;
    for (double& value : x.row(i)) {
      value = rng.normal();
      squares += value * value;
    }
    for (double& value : x.row(i)) value *= design.input_length / std::sqrt(squares);
  }
  return x;
}

// The labels as each output function can reach them: swish takes 0 for -.8, the two probabilities of
// softmax differ by the label.
Matrix<double> targets(const DescentDesign& design, const Matrix<double>& x, Rng rng) {
  Matrix<double> y(design.points, design.network.outputs);
  for (std::size_t i = 0; i < y.rows(); ++i) {
    const double label = std::copysign(0.8, design.random_labels ? rng.uniform() - 0.5 : x(i, 0));
    switch (design.output) {
      case Output::kSoftmax:
        y(i, 0) = (1 + label) / 2;
        y(i, 1) = (1 - label) / 2;
        break;
      case Output::kSwish:
        y(i, 0) = (0.8 + label) / 2;
        break;
      default:
        y(i, 0) = label;
    }
  }
  return y;
}

Matrix<double> kernel_of(const DescentDesign& design, const Parameters<double>& theta,
                         const Matrix<double>& x) {
  if (design.output == Output::kLinear) return ntk(design.network, theta, x);
  return ntk_from_jacobians<double>(network_with(design.network, design.output), theta, x);
}

Descent descend(const DescentDesign& design, const Rng& data, const Rng& rng, const Run& run) {
  const Network<double> network = network_with(design.network, design.output);
  const Matrix<double> x = points(design, data);
  const Matrix<double> y = targets(design, x, data.split("labels"));
  const Parameters<double> start = mlp_parameters<double>(design.network, rng.split("start"));
  const Matrix<double> k0 = kernel_of(design, start, x);
  const auto outputs = static_cast<double>(design.network.outputs);
  double trace = 0;
  for (std::size_t i = 0; i < k0.rows(); ++i) trace += outputs * k0(i, i);

  Parameters<double> theta = start, gradient(start.layout());
  ad::Tape<double> tape;
  std::vector<ad::Var<double>> leaves;
  Descent result;
  result.pl = std::numeric_limits<double>::infinity();
  // The kernel is looked at after 0, 1, 2, 3, 4, 6, 9 ... steps and in the end.
  for (std::size_t step = 0, look = 0; step <= design.steps; ++step) {
    if (run.stopping()) throw Interrupted{};
    tape.clear();
    put_leaves(theta, tape, leaves);
    const auto f = network(tape, leaves, tape.leaf(x));
    const auto loss = ad::mul(ad::mean_squared_error(f, tape.leaf(y)),
                              tape.constant(static_cast<double>(y.size()) / 2));
    ad::gradient(loss, sinks_of(leaves, gradient));
    if (step == 0) result.start_loss = loss.item();
    if (step == design.steps) result.end_loss = loss.item();
    if (step == look || step == design.steps) {
      look = step + 1 + step / 2;
      const Matrix<double> k = kernel_of(design, theta, x);
      result.change = std::max(result.change, ntk_change(k, k0));
      // The mean over outputs has no such inequality. A loss of rounding errors has none either.
      const double least = eigh(k).values.front();
      if (outputs == 1 && loss.item() > 1e-20 * result.start_loss && least > 0) {
        double squares = 0;
        for (const double g : gradient.flat()) squares += g * g;
        result.pl = std::min(result.pl, squares / (2 * least * loss.item()));
      }
    }
    if (step == design.steps) break;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      theta.flat()[i] -= gradient.flat()[i] / trace;
    }
  }
  for (std::size_t i = 0; i < theta.size(); ++i) {
    result.distance += std::pow(theta.flat()[i] - start.flat()[i], 2);
  }
  result.distance = std::sqrt(result.distance);
  const auto at = linearize<double>(network, start, theta, x);
  for (const double r : at.remainder.values()) result.remainder += r * r;
  result.remainder = std::sqrt(result.remainder / static_cast<double>(at.remainder.size()));
  return result;
}

}  // namespace

const char* to_text(Output output) {
  switch (output) {
    case Output::kLinear:
      return "linear";
    case Output::kTanh:
      return "tanh";
    case Output::kSwish:
      return "swish";
    case Output::kSoftmax:
      return "softmax";
  }
  return "unknown";
}

Network<double> network_with(const MlpConfig& network, Output output) {
  switch (output) {
    case Output::kTanh:
      return mlp_network<double>(network, ad::tanh<double>);
    case Output::kSwish:
      return mlp_network<double>(network, swish);
    case Output::kSoftmax:
      return mlp_network<double>(network, softmax);
    default:
      return mlp_network<double>(network);
  }
}

DescentDesign shallow_design(std::size_t m, Output output) {
  return {.network = {.inputs = kInputs,
                      .hidden = {m},
                      .outputs = output == Output::kSoftmax ? std::size_t{2} : std::size_t{1},
                      .activation = ad::Activation::kTanh,
                      .bias = false,
                      .initializer = Initializer::kNtk},
          .output = output,
          .input_length = std::sqrt(static_cast<double>(kInputs))};
}

DescentDesign bottleneck_design(std::size_t m, std::size_t bottleneck) {
  return {.network = {.inputs = kInputs,
                      .hidden = {m, bottleneck, m},
                      .activation = ad::Activation::kTanh,
                      .bias = false,
                      .initializer = Initializer::kNtk}};
}

double descent_seconds(const DescentDesign& design) {
  double parameters = 0, units = 0, inputs = kInputs;
  for (const std::size_t width : design.network.hidden) {
    parameters += inputs * static_cast<double>(width);
    units += static_cast<double>(width);
    inputs = static_cast<double>(width);
  }
  // As measured, per step: what a tape costs, then units and parameters.
  const double step = 1e-5 + 1.5e-7 * units + 4e-9 * parameters;
  return static_cast<double>(design.seeds * design.steps) * step;
}

DescentPoint run_descent(const std::string& part, const DescentDesign& design, Run& run) {
  std::string name = fmt::format("{}, {} output{}, widths", part, to_text(design.output),
                                 design.random_labels ? ", random labels" : "");
  for (const std::size_t width : design.network.hidden) name += fmt::format(" {}", width);
  const Rng rng = run.rng().split(name);
  const double seconds = descent_seconds(design) / static_cast<double>(design.seeds);
  const auto descents =
      cells_by_seed<Descent>(run, name, seconds, design.seeds, [&](std::size_t r) {
        return descend(design, run.rng().split("points").split(r), rng.split(r), run);
      });
  const auto mean = [&](double Descent::*member) {
    std::vector<double> values;
    values.reserve(descents.size());
    for (const Descent& one : descents) values.push_back(one.*member);
    return mean_of(values);
  };
  DescentPoint point{design,
                     mean(&Descent::change),
                     mean(&Descent::remainder),
                     mean(&Descent::distance),
                     mean(&Descent::end_loss),
                     std::numeric_limits<double>::infinity()};
  for (const Descent& one : descents) point.pl = std::min(point.pl, one.pl);
  return point;
}

}  // namespace surplus::apps::linearity
