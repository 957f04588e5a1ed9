// Our side of itml.py: does what it sends and says how long that took, in processor time, on one
// thread.
//
// itml sweeps N D PAIRS SWEEPS < x (N x D doubles), pairs (PAIRS x 3 doubles: rows, similar)
// itml knn N D QUERIES K < x (N x D doubles), queries (QUERIES x D), labels (N x 1)
// Writes the seconds as text, then the metric (D x D doubles) or the labels found (QUERIES doubles).
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/metric/itml.h"
#include "surplus/metric/knn.h"

namespace {

using surplus::Matrix;

bool read(Matrix<double>& matrix) {
  return std::fread(matrix.data(), sizeof(double), matrix.size(), stdin) == matrix.size();
}

void write(double seconds, const Matrix<double>& result) {
  std::printf("%.9g\n", seconds);
  std::fwrite(result.data(), sizeof(double), result.size(), stdout);
}

double seconds_since(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) / double{CLOCKS_PER_SEC};
}

int learn(std::size_t n, std::size_t d, std::size_t count, std::size_t sweeps) {
  Matrix<double> x(n, d), table(count, 3);
  if (!read(x) || !read(table)) return 2;
  std::vector<surplus::Pair> pairs;
  for (std::size_t c = 0; c < count; ++c) {
    pairs.push_back({static_cast<std::uint32_t>(table(c, 0)),
                     static_cast<std::uint32_t>(table(c, 1)), table(c, 2) == 1});
  }
  const surplus::Pairs list = surplus::listed_pairs(pairs);
  const double scale = static_cast<double>(d);
  const std::clock_t begin = std::clock();
  const surplus::ItmlResult result = surplus::fit_itml(
      x, list,
      {.bounds = surplus::ItmlBounds{0.5 * scale, 4 * scale}, .sweeps = sweeps, .tolerance = 0});
  write(seconds_since(begin), result.metric);
  return 0;
}

int classify(std::size_t n, std::size_t d, std::size_t m, std::size_t k) {
  Matrix<double> x(n, d), queries(m, d), labels(n, 1), found(m, 1);
  if (!read(x) || !read(queries) || !read(labels)) return 2;
  const std::vector<std::size_t> classes(labels.values().begin(), labels.values().end());
  const std::clock_t begin = std::clock();
  const auto votes = surplus::knn_classify(x, classes, queries, {.neighbors = k});
  const double seconds = seconds_since(begin);
  for (std::size_t i = 0; i < m; ++i) found(i, 0) = static_cast<double>(votes[i]);
  write(seconds, found);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  surplus::set_thread_count(1);
  if (std::string_view(arguments[1]) == "knn") {
    return classify(number(2), number(3), number(4), number(5));
  }
  return learn(number(2), number(3), number(4), number(5));
}
