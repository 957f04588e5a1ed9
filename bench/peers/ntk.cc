// Our side of ntk.py: the tangent kernel of a two-layer network, and the top of a loss' Hessian.
//
// ntk kernel N D H ROUNDS: computes ROUNDS times the kernel of N random rows for D inputs and H hidden
// ReLU units with biases, in float.
// ntk hessian N D ROUNDS: finds the largest eigenvalue of the Hessian of the cross-entropy of a
// network with 1016 and 196 tanh units and 10 classes to 1e-4 of itself.
// Writes one JSON object: seconds of the wall clock in each round, the bytes held at most beyond the
// program at rest, and some numbers of the result. One thread, unless SURPLUS_THREADS says more.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/theory/hessian.h"
#include "surplus/theory/ntk.h"

namespace {

using namespace surplus;

// The most memory this program has held so far.
double peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:" && status >> word) return 1024 * std::stod(word);
  }
  return 0;
}

void report(std::size_t rounds, const std::function<std::string()>& work) {
  const double at_rest = peak_bytes();
  std::string result;
  std::printf("{\"seconds\": [");
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    result = work();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    std::printf("%s%.9g", round == 0 ? "" : ", ", wall.count());
  }
  std::printf("], \"bytes\": %.0f, %s}\n", peak_bytes() - at_rest, result.c_str());
}

// The parameters of PyTorch's side: layer l has the elements cos(i + l) / sqrt(inputs).
Parameters<float> parameters_of(const MlpConfig& network) {
  Parameters<float> parameters = mlp_parameters<float>(network, Rng(1));
  for (std::size_t l = 0; l < parameters.count(); ++l) {
    const MatrixView<float> w = parameters[l];
    const double scale = l % 2 == 1 ? 0.1 : 1 / std::sqrt(static_cast<double>(w.cols()));
    std::size_t i = 0;
    for (std::size_t r = 0; r < w.rows(); ++r) {
      for (float& x : w.row(r)) {
        x = static_cast<float>(scale * std::cos(static_cast<double>(i++) + static_cast<double>(l)));
      }
    }
  }
  return parameters;
}

Matrix<float> rows_of(std::size_t n, std::size_t d) {
  Matrix<float> x(n, d);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.values()[i] = static_cast<float>(std::sin(0.7 * static_cast<double>(i)));
  }
  return x;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  const char* threads = std::getenv("SURPLUS_THREADS");
  set_thread_count(threads == nullptr ? 1 : std::strtoull(threads, nullptr, 10));
  const std::string_view what = arguments[1];
  char text[200];
  if (what == "kernel" && count == 6) {
    const MlpConfig network{.inputs = number(3), .hidden = {number(4)}};
    const Parameters<float> at = parameters_of(network);
    const Matrix<float> x = rows_of(number(2), number(3));
    report(number(5), [&] {
      const Matrix<float> k = ntk(network, at, x);
      double sum = 0;
      for (std::size_t i = 0; i < k.rows(); ++i) {
        for (const float value : k.row(i)) sum += static_cast<double>(value);
      }
      std::snprintf(text, sizeof(text), "\"sum\": %.9g", sum);
      return std::string(text);
    });
    return 0;
  }
  if (what == "hessian" && count == 5) {
    const std::size_t n = number(2);
    const MlpConfig network{.inputs = number(3),
                            .hidden = {1016, 196},
                            .outputs = 10,
                            .activation = ad::Activation::kTanh};
    const Parameters<float> at = mlp_parameters<float>(network, Rng(1));
    Matrix<float> x(n, number(3));
    Rng rng(2);
    rng.fill_normal(x.values());
    std::vector<std::size_t> labels(n);
    for (std::size_t& label : labels) label = rng.below(10);
    report(number(4), [&] {
      const ExtremeEigenvalues found = extreme_eigenvalues(
          loss_hessian<float>(classification<float>(network), at, {.x = x, .labels = labels}),
          at.size(), {.end = SpectrumEnd::kTop, .tolerance = 1e-4});
      std::snprintf(text, sizeof(text),
                    "\"parameters\": %zu, \"top\": %.9g, \"error\": %.3g, \"products\": %zu, "
                    "\"stop\": \"%s\"",
                    at.size(), found.top.value, found.top.error, found.iterations,
                    std::string(to_text(found.stop)).c_str());
      return std::string(text);
    });
    return 0;
  }
  return 2;
}
