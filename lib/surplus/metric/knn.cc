#include "surplus/metric/knn.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "kernels/gemm.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

// Scores of kQueries x kRows pairs are made at a time: 64 KiB.
constexpr std::size_t kQueries = 64, kRows = 256;
static_assert(kRows % kernels::kPackedColumns == 0);

struct Neighbor {
  double distance;
  std::size_t row;
  friend bool operator<(const Neighbor& a, const Neighbor& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
  }
};

// Four sums, because one addition waits for the one before.
double squared_distance(const double* a, const double* b, std::size_t r) {
  double sums[4] = {};
  std::size_t j = 0;
  for (; j + 4 <= r; j += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const double difference = a[j + lane] - b[j + lane];
      sums[lane] += difference * difference;
    }
  }
  for (; j < r; ++j) sums[j % 4] += (a[j] - b[j]) * (a[j] - b[j]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Scores in float that bound from above what is wanted. With u a query and v a row of x, both moved
// by the same vector and scaled by the same power of two so that no element exceeds 1,
// u.v - |v|^2 / 2 = (|u|^2 - |u - v|^2) / 2 is the larger the nearer v is. It is computed as one
// product of r + 2 terms, (u, 1, c |u|) . (v, -(1 - c) |v|^2 / 2, |v|), which exceeds it by
// c (|u| |v| + |v|^2 / 2): the error of a float product of that many terms, rounded up.
class Screen {
 public:
  Screen(MatrixView<const double> x, MatrixView<const double> queries)
      : r_(x.cols()), centre_(r_, 0.0) {
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < r_; ++j) centre_[j] += x(i, j) / static_cast<double>(x.rows());
    }
    double largest = 0;
    for (const auto& z : {x, queries}) {
      for (std::size_t i = 0; i < z.rows(); ++i) {
        for (std::size_t j = 0; j < r_; ++j) {
          largest = std::max(largest, std::abs(z(i, j) - centre_[j]));
        }
      }
    }
    SURPLUS_REQUIRE(largest <= std::numeric_limits<double>::max() / 2, ArgumentError,
                    "nearest_neighbors", "differences of rows must not overflow", "largest",
                    largest);
    // Clamped where the scale itself would overflow; what then rounds to 0 is below kTiny.
    if (largest > 0) scale_ = std::ldexp(1.0, std::min(1000, -1 - std::ilogb(largest)));
    const auto terms = static_cast<double>(r_ + 2);
    margin_ = 2 * (terms + terms / 64 + 12) * double{std::numeric_limits<float>::epsilon()};
  }

  std::size_t terms() const { return r_ + 2; }

  // (v, -(1 - c) |v|^2 / 2, |v|) for the given rows.
  Matrix<float> rows(MatrixView<const double> x) const {
    Matrix<float> terms(x.rows(), r_ + 2);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const double square = write(x.row(i), terms.row(i).data());
      terms(i, r_) = static_cast<float>((margin_ - 1) * square / 2);
      terms(i, r_ + 1) = static_cast<float>(std::sqrt(square));
    }
    return terms;
  }

  // (u, 1, c |u|) to `to`; returns |u|^2.
  double query(std::span<const double> u, float* to) const {
    const double square = write(u, to);
    to[r_] = 1;
    to[r_ + 1] = static_cast<float>(margin_ * std::sqrt(square));
    return square;
  }

  // What the score of every row reaches that is at most `distance` away from the query with |u|^2 =
  // `square`: lowered by what the squares, the distance and this number itself may have lost.
  float threshold(double square, double distance) const {
    const double scaled = distance * scale_ * scale_, middle = (square - scaled) / 2;
    using Limits = std::numeric_limits<double>;
    const double lost = static_cast<double>(r_ + 16) * (Limits::epsilon() * (square + scaled) +
                                                        Limits::denorm_min() * scale_ * scale_) +
                        double{std::numeric_limits<float>::epsilon()} * std::abs(middle) + kTiny;
    return static_cast<float>(middle - lost);
  }

 private:
  static constexpr double kTiny = 1e-30;  // far above r times the smallest float

  double write(std::span<const double> z, float* to) const {
    double square = 0;
    for (std::size_t j = 0; j < r_; ++j) {
      const double value = (z[j] - centre_[j]) * scale_;
      to[j] = static_cast<float>(value);
      square += value * value;
    }
    return square;
  }

  std::size_t r_;
  std::vector<double> centre_;
  double scale_ = 1, margin_ = 0;
};

// The nearest rows that a query has met, at most k.
class Nearest {
 public:
  Nearest(std::size_t k, const Screen& screen, double square)
      : k_(k), screen_(&screen), square_(square) {
    best_.reserve(k + 1);
  }

  float threshold() const { return threshold_; }

  void add(const Neighbor& neighbor) {
    if (best_.size() == k_ && !(neighbor < best_.back())) return;
    best_.insert(std::upper_bound(best_.begin(), best_.end(), neighbor), neighbor);
    if (best_.size() > k_) best_.pop_back();
    if (best_.size() == k_) threshold_ = screen_->threshold(square_, best_.back().distance);
  }

  const std::vector<Neighbor>& best() const { return best_; }

 private:
  std::size_t k_;
  const Screen* screen_;
  double square_;
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<Neighbor> best_;
};

// The numbers of the scores that reach the threshold.
void gather(const float* scores, std::size_t count, float threshold,
            std::vector<std::uint32_t>& found) {
  constexpr std::size_t kPiece = 32;  // most pieces hold none, which vectors tell without a branch
  found.clear();
  for (std::size_t begin = 0; begin < count; begin += kPiece) {
    const std::size_t piece = std::min(kPiece, count - begin);
    if (piece == kPiece) {
      int any = 0;
      for (std::size_t j = 0; j < kPiece; ++j) any |= scores[begin + j] >= threshold ? 1 : 0;
      if (any == 0) continue;
    }
    for (std::size_t j = begin; j < begin + piece; ++j) {
      if (scores[j] >= threshold) found.push_back(static_cast<std::uint32_t>(j));
    }
  }
}

class Search {
 public:
  Search(MatrixView<const double> x, MatrixView<const double> queries, std::size_t k)
      : x_(x),
        queries_(queries),
        k_(k),
        screen_(x, queries),
        packed_(screen_.rows(x).view(), true) {}

  // The neighbors of queries begin .. end - 1, at most kQueries.
  void run(std::size_t begin, std::size_t end, Neighbors& result) const {
    const std::size_t m = end - begin, terms = screen_.terms();
    Matrix<float> left(m, terms), scores(m, kRows);
    Matrix<double> scratch(1, kernels::gemm_scratch_size(m, kRows, terms) / sizeof(double) + 1);
    std::vector<Nearest> nearest;
    nearest.reserve(m);
    for (std::size_t i = 0; i < m; ++i) {
      nearest.emplace_back(k_, screen_, screen_.query(queries_.row(begin + i), left.row(i).data()));
    }
    std::vector<std::uint32_t> found;
    for (std::size_t first = 0; first < x_.rows(); first += kRows) {
      const std::size_t count = std::min(kRows, x_.rows() - first);
      kernels::gemm_packed(kernels::Op::kPlain, m, count, terms, 1.0F, left.data(), terms,
                           packed_.data(), x_.rows(), first, 0.0F, scores.data(), kRows,
                           scratch.data());
      for (std::size_t i = 0; i < m; ++i) {
        const float* const row = scores.row(i).data();
        gather(row, count, nearest[i].threshold(), found);
        // The k highest scores first: their distances rule out most of the others.
        if (found.size() > k_) {
          std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(k_),
                           found.end(),
                           [row](std::uint32_t a, std::uint32_t b) { return row[a] > row[b]; });
        }
        const double* const query = queries_.row(begin + i).data();
        for (const std::uint32_t j : found) {
          if (row[j] < nearest[i].threshold()) continue;
          const std::size_t at = first + j;
          nearest[i].add({squared_distance(query, x_.row(at).data(), x_.cols()), at});
        }
      }
    }
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t l = 0; l < k_; ++l) {
        const Neighbor& neighbor = nearest[i].best()[l];
        result.rows[(begin + i) * k_ + l] = neighbor.row;
        result.squared_distances(begin + i, l) = neighbor.distance;
      }
    }
  }

 private:
  MatrixView<const double> x_, queries_;
  std::size_t k_;
  Screen screen_;
  PackedMatrix<float> packed_;
};

void check(std::string_view function, MatrixView<const double> x, MatrixView<const double> queries,
           const KnnConfig& config) {
  SURPLUS_REQUIRE(x.cols() >= 1 && queries.cols() == x.cols(), ShapeError, function,
                  "x and queries must have the same features, at least 1", "x", x.shape(),
                  "queries", queries.shape());
  SURPLUS_REQUIRE(config.transform.empty() || config.transform.cols() == x.cols(), ShapeError,
                  function, "transform must have a column for each feature", "transform",
                  config.transform.shape(), "features", x.cols());
  SURPLUS_REQUIRE(config.neighbors >= 1 && config.neighbors <= x.rows(), ArgumentError, function,
                  "neighbors must be at least 1 and at most n", "neighbors", config.neighbors, "n",
                  x.rows());
  detail::require_finite(function, "x", x);
  detail::require_finite(function, "queries", queries);
  detail::require_finite(function, "transform", config.transform);
}

Neighbors search(MatrixView<const double> x, MatrixView<const double> queries, std::size_t k) {
  Neighbors result{k, std::vector<std::size_t>(queries.rows() * k),
                   Matrix<double>(queries.rows(), k)};
  const Search search(x, queries, k);
  const Chunks chunks{queries.rows(), kQueries};
  parallel_for(chunks.count(),
               [&](std::size_t c) { search.run(chunks.begin(c), chunks.end(c), result); });
  return result;
}

Neighbors checked_neighbors(std::string_view function, MatrixView<const double> x,
                            MatrixView<const double> queries, const KnnConfig& config) {
  check(function, x, queries, config);
  if (config.transform.empty()) return search(x, queries, config.neighbors);
  const MatmulConfig rows_times{.transpose_b = true};
  return search(matmul(x, config.transform, rows_times),
                matmul(queries, config.transform, rows_times), config.neighbors);
}

}  // namespace

Neighbors nearest_neighbors(MatrixView<const double> x, MatrixView<const double> queries,
                            const KnnConfig& config) {
  return checked_neighbors("nearest_neighbors", x, queries, config);
}

std::vector<std::size_t> knn_classify(MatrixView<const double> x,
                                      std::span<const std::size_t> labels,
                                      MatrixView<const double> queries, const KnnConfig& config) {
  SURPLUS_REQUIRE(labels.size() == x.rows(), ShapeError, "knn_classify",
                  "there must be a label for each row of x", "labels", labels.size(), "rows",
                  x.rows());
  const Neighbors neighbors = checked_neighbors("knn_classify", x, queries, config);
  std::vector<std::size_t> votes(queries.rows());
  for (std::size_t i = 0; i < votes.size(); ++i) {
    const std::span rows = std::span(neighbors.rows).subspan(i * neighbors.k, neighbors.k);
    std::size_t most = 0;
    for (const std::size_t row : rows) {  // nearest first, so that a tie stays with the nearest
      const auto agree =
          static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](std::size_t other) {
            return labels[other] == labels[row];
          }));
      if (agree > most) {
        most = agree;
        votes[i] = labels[row];
      }
    }
  }
  return votes;
}

}  // namespace surplus
