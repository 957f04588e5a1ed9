// Our side of sequence.py: follows flows and says how long that took.
//
// sequence WHAT N REPETITIONS TIMES_PER_OCTAVE OCTAVES < lambda, theta (N doubles each), z
//   (REPETITIONS x N doubles)
// WHAT is `closed-form`: the least error of each row over the times 2^(i / TIMES_PER_OCTAVE); or
// `descent`: the error of each row after 1000 steps of length .1 at D = 1, b0 = .3. Writes one JSON
// object: seconds of processor time, and those errors.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/sequence/early_stopping.h"
#include "surplus/sequence/flow.h"

namespace {

bool read(std::vector<double>& values) {
  return std::fread(values.data(), sizeof(double), values.size(), stdin) == values.size();
}

double descent_error(const surplus::SequenceModel& model, const std::vector<double>& z) {
  surplus::DiagonalState state = surplus::diagonal_start(model.eigenvalues, 1, 0.3);
  advance_flow(state, z, 1, surplus::FlowRule::kGradientDescent, 0.1, 1000);
  const std::vector<double> theta = trained_signal(state, 1);
  double sum = 0;
  for (std::size_t j = 0; j < theta.size(); ++j) {
    sum += (theta[j] - model.signal[j]) * (theta[j] - model.signal[j]);
  }
  return sum;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  const std::string_view what = arguments[1];
  surplus::SequenceModel model{std::vector<double>(number(2)), std::vector<double>(number(2))};
  std::vector<std::vector<double>> rows(number(3), std::vector<double>(number(2)));
  if (!read(model.eigenvalues) || !read(model.signal)) return 2;
  for (auto& row : rows) {
    if (!read(row)) return 2;
  }
  surplus::set_thread_count(1);
  const surplus::TimeGrid grid{1, number(4), number(4) * number(5) + 1};
  std::vector<double> errors;
  const std::clock_t begin = std::clock();
  for (const auto& z : rows) {
    if (what == "descent") {
      errors.push_back(descent_error(model, z));
    } else {
      errors.push_back(oracle_stop(grid, flow_errors(model, z, {.times = grid})).error);
    }
  }
  const double seconds = static_cast<double>(std::clock() - begin) / double{CLOCKS_PER_SEC};
  std::printf("{\"seconds\": %.9g, \"errors\": [", seconds);
  for (std::size_t i = 0; i < errors.size(); ++i) {
    std::printf("%s%.17g", i == 0 ? "" : ", ", errors[i]);
  }
  std::printf("]}\n");
}
