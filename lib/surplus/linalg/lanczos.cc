#include "surplus/linalg/lanczos.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/gemv.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/eigh.h"

namespace surplus {
namespace {

using Vector = std::vector<double>;

constexpr std::size_t kPiece = 4096;  // elements: a piece of a vector stays in the first cache

double dot(std::span<const double> x, std::span<const double> y) {
  double total = 0;
  parallel_fold(
      Chunks{x.size(), kPiece}, total,
      [&](std::size_t begin, std::size_t end) {
        double part = 0;
        kernels::gemv(false, 1, end - begin, 1.0, x.data() + begin, end - begin, y.data() + begin,
                      1, 0.0, &part, 1);
        return part;
      },
      [](double& sum, double part) { sum += part; });
  return total;
}

}  // namespace

Lanczos::Lanczos(Vector start) : next_(std::move(start)) {
  const double length = std::sqrt(dot(next_, next_));
  SURPLUS_REQUIRE(length > 0 && std::isfinite(length), ArgumentError, "Lanczos",
                  "the start must have a finite length above 0", "elements", next_.size(), "length",
                  length);
  for (double& x : next_) x /= length;
}

std::size_t Lanczos::size_of_block(std::size_t block) const {
  return std::min(kRows, steps() - block * kRows);
}

void Lanczos::make_orthogonal() {
  const Chunks pieces{size(), kPiece};
  const std::size_t n = size(), blocks = basis_.size();
  for (int pass = 0; pass < 2; ++pass) {  // twice is enough (Parlett)
    Vector products(blocks * kRows);
    parallel_fold(
        pieces, products,
        [&](std::size_t begin, std::size_t end) {
          Vector part(blocks * kRows);
          for (std::size_t b = 0; b < blocks; ++b) {
            kernels::gemv(false, size_of_block(b), end - begin, 1.0, basis_[b].data() + begin, n,
                          next_.data() + begin, 1, 0.0, part.data() + b * kRows, 1);
          }
          return part;
        },
        [](Vector& sum, const Vector& part) {
          for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
        });
    parallel_for(pieces.count(), [&](std::size_t piece) {
      const std::size_t begin = pieces.begin(piece), end = pieces.end(piece);
      for (std::size_t b = 0; b < blocks; ++b) {
        kernels::gemv(true, size_of_block(b), end - begin, -1.0, basis_[b].data() + begin, n,
                      products.data() + b * kRows, 1, 1.0, next_.data() + begin, 1);
      }
    });
  }
}

bool Lanczos::step(const SymmetricOperator& a) {
  if (exhausted_) return false;
  const std::size_t k = steps(), n = size();
  if (k % kRows == 0) basis_.emplace_back(kRows, n);
  const std::span<double> q = basis_.back().row(k % kRows);
  std::ranges::copy(next_, q.begin());
  a(q, next_);
  const double diagonal = dot(next_, q);
  SURPLUS_REQUIRE(std::isfinite(diagonal), NumericalError, "Lanczos",
                  "products with the matrix must be finite", "step", k + 1);
  diagonal_.push_back(diagonal);
  make_orthogonal();
  const double length = std::sqrt(dot(next_, next_));
  SURPLUS_REQUIRE(std::isfinite(length), NumericalError, "Lanczos",
                  "products with the matrix must be finite", "step", k + 1);
  beside_.push_back(length);
  scale_ = std::max({scale_, std::abs(diagonal), length});
  // What is left is then rounding, whose direction is not orthogonal to the others.
  constexpr double kEps = std::numeric_limits<double>::epsilon();
  exhausted_ = k + 1 == n || length <= 10 * kEps * scale_;
  if (!exhausted_) {
    for (double& x : next_) x /= length;
  }
  return true;
}

Lanczos::Ritz Lanczos::ritz() const {
  const std::size_t k = steps();
  Matrix<double> t(k, k);
  for (std::size_t i = 0; i < k; ++i) {
    t(i, i) = diagonal_[i];
    if (i > 0) t(i, i - 1) = beside_[i - 1];
  }
  Eigh<double> e = eigh(t);
  Ritz result{std::move(e.values), Vector(k), Vector(k), std::move(e.vectors)};
  for (std::size_t i = 0; i < k; ++i) {
    const double first = result.vectors(0, i);
    result.weights[i] = first * first;
    result.errors[i] = beside_[k - 1] * std::abs(result.vectors(k - 1, i));
  }
  return result;
}

Vector Lanczos::vector(const Ritz& ritz, std::size_t i) const {
  Vector v(size());
  for (std::size_t k = 0; k < ritz.values.size(); ++k) {
    const std::span<const double> q = basis_[k / kRows].row(k % kRows);
    const double s = ritz.vectors(k, i);
    for (std::size_t j = 0; j < v.size(); ++j) v[j] += s * q[j];
  }
  return v;
}

double ExtremeEigenvalues::norm() const {
  return std::max(std::abs(top.value), std::abs(bottom.value));
}

ExtremeEigenvalues extreme_eigenvalues(const SymmetricOperator& a, std::size_t n,
                                       const ExtremeEigenvaluesConfig& config) {
  constexpr const char* kName = "extreme_eigenvalues";
  SURPLUS_REQUIRE(n >= 1, ArgumentError, kName, "the size must be at least 1", "n", n);
  SURPLUS_REQUIRE(config.tolerance > 0 && config.iterations >= 1, ArgumentError, kName,
                  "tolerance must be positive and iterations at least 1", "tolerance",
                  config.tolerance, "iterations", config.iterations);
  Vector start(n);
  Rng rng = Rng(config.seed).split(kName);
  rng.fill_normal(start);
  Lanczos lanczos(std::move(start));
  ExtremeEigenvalues result;
  bool cancelled = false, last = false;
  for (std::size_t next_look = 1; !last;) {
    lanczos.step(a);
    const std::size_t k = lanczos.steps();
    result.iterations = k;
    cancelled = config.observer && !config.observer({k, config.iterations, result.norm()});
    last = cancelled || k == config.iterations || lanczos.exhausted();
    if (k < next_look && !last) continue;
    next_look = k + 1 + k / 8;
    const Lanczos::Ritz ritz = lanczos.ritz();
    result.top = {ritz.values.back(), ritz.errors.back()};
    result.bottom = {ritz.values.front(), ritz.errors.front()};
    const double bound = config.tolerance * result.norm();
    const bool top = result.top.error <= bound, bottom = result.bottom.error <= bound;
    // The smaller end must not be on its way to become the larger one.
    const bool top_is_larger = std::abs(result.top.value) >= std::abs(result.bottom.value);
    const Eigenvalue& smaller = top_is_larger ? result.bottom : result.top;
    const bool settled =
        smaller.error <= bound || std::abs(smaller.value) + smaller.error <= result.norm();
    bool converged = lanczos.exhausted();
    switch (config.end) {
      case SpectrumEnd::kBoth:
        converged = converged || (top && bottom);
        break;
      case SpectrumEnd::kTop:
        converged = converged || top;
        break;
      case SpectrumEnd::kBottom:
        converged = converged || bottom;
        break;
      case SpectrumEnd::kLargest:
        converged = converged || ((top_is_larger ? top : bottom) && settled);
        break;
    }
    last = last || converged;
    if (!converged) result.stop = cancelled ? Stop::kCancelled : Stop::kIterationLimit;
    if (converged) result.stop = Stop::kConverged;
    if (last && config.vectors) {
      result.top.vector = lanczos.vector(ritz, k - 1);
      result.bottom.vector = lanczos.vector(ritz, 0);
    }
  }
  return result;
}

}  // namespace surplus
