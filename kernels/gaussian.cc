#include "kernels/gaussian.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gaussian.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/gaussian_moments-inl.h"
#include "kernels/gaussian_scores-inl.h"
#include "kernels/simd-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

using Covariance = GaussianModel::Covariance;

constexpr std::size_t TriangleSize(std::size_t size) { return size * (size + 1) / 2; }

// How many doubles the pieces of the scratch take, and how many rows a block has: as many as keep
// the block and its scores in the level-1 cache, but enough to make the sums over lanes at a
// block's end a small part of the work. A multiple of every target's group.
struct Layout {
  explicit Layout(const GaussianModel& model) {
    const std::size_t k = model.k, d = model.d;
    rows = std::clamp<std::size_t>(4096 / (d + k), 128, 1024) / 32 * 32;
    x = d * rows;
    stride = rows + 8;
    scores = k * stride;
    offsets = k * d;
    raw = k * (2 * d + 1);
    switch (model.covariance) {
      case Covariance::kFull:
        scaled = (d + 1) * stride;
        totals = k * TriangleSize(d + 1);
        break;
      case Covariance::kTied:
        scaled = (d + 1) * stride;
        totals = TriangleSize(d) + TriangleSize(k);
        break;
      case Covariance::kDiagonal:
        break;
      case Covariance::kSpherical:
        factors = k * d;
        break;
    }
  }
  std::size_t size() const {
    return kAlignment + x + scores + rows + scaled + factors + offsets + raw + totals;
  }

  static constexpr std::size_t kAlignment = 8;
  // `stride` separates arrays over rows by no power of two, whose lines would share cache sets.
  std::size_t rows, stride, x, scores, scaled = 0, factors = 0, offsets, raw, totals = 0;
};

// One call: the model, what is asked for, and the pieces of the scratch.
struct Pass {
  Pass(const GaussianModel& m, const GaussianSums& s, const GaussianRows& r, const Layout& layout,
       double* scratch)
      : model(m), sums(s), rows(r), block_rows(layout.rows), stride(layout.stride) {
    const auto past = reinterpret_cast<std::uintptr_t>(scratch) / sizeof(double);
    double* next = scratch + (Layout::kAlignment - past % Layout::kAlignment);
    const auto take = [&next](std::size_t count) {
      double* piece = next;
      next += count;
      return piece;
    };
    x = take(layout.x);
    scores = take(layout.scores);
    weights = take(layout.rows);
    scaled = take(layout.scaled);
    own_factors = take(layout.factors);
    offsets = take(layout.offsets);
    mass = take(layout.raw);
    first = mass + m.k;
    second = first + m.k * m.d;
    totals = take(layout.totals);
    std::fill(mass, totals + layout.totals, 0.0);
  }

  const GaussianModel& model;
  const GaussianSums& sums;
  const GaussianRows& rows;
  std::size_t block_rows, stride;
  bool weights_given = false;
  // Diagonal and spherical: second moments about the centre would cancel, see Prepare().
  bool far_from_centre = false;
  double* x;            // [group][feature][row in group], centred
  double* scores;       // k x stride: l, then responsibilities in the form the sums want
  double* weights;      // block_rows: sample weights, 0 after the last row; tied: their roots
  double* scaled;       // (d + 1) x stride
  double* own_factors;  // spherical: spread to k x d
  double* offsets;      // k x d: A[c] means[c]
  double *mass, *first, *second;  // k, k x d, k x d: this call's moments
  double* totals;                 // this call's outer products
};

// A x - A mean spares the subtraction per component: A mean is formed once per call. Diagonal second
// moments are cheapest about the centre; shifted to the means they lose a factor (mean / deviation)^2
// of accuracy, which up to 2^10 is let go.
void Prepare(Pass& pass) {
  const GaussianModel& model = pass.model;
  const std::size_t d = model.d;
  for (std::size_t c = 0; c < model.k; ++c) {
    const double* mean = model.means + c * d;
    double* offset = pass.offsets + c * d;
    switch (model.covariance) {
      case Covariance::kFull:
      case Covariance::kTied: {
        const double* a =
            model.factors + (model.covariance == Covariance::kFull ? c * TriangleSize(d) : 0);
        for (std::size_t i = 0; i < d; a += ++i) {
          offset[i] = 0;
          for (std::size_t j = 0; j <= i; ++j) offset[i] += a[j] * mean[j];
        }
        break;
      }
      case Covariance::kDiagonal:
        for (std::size_t i = 0; i < d; ++i) {
          offset[i] = model.factors[c * d + i] * mean[i];
          pass.far_from_centre |= !(std::abs(offset[i]) <= 32);
        }
        break;
      case Covariance::kSpherical:
        for (std::size_t i = 0; i < d; ++i) {
          pass.own_factors[c * d + i] = model.factors[c];
          offset[i] = model.factors[c] * mean[i];
          pass.far_from_centre |= !(std::abs(offset[i]) <= 32);
        }
        break;
    }
  }
}

// scores[c, r] = log_scales[c] - |z|^2 / 2 for the group of rows at x.
template <Covariance kCovariance>
HWY_INLINE void Score(const Pass& pass, const double* x, double* HWY_RESTRICT scores) {
  const Lanes64 d;
  const GaussianModel& model = pass.model;
  const std::size_t size = model.d;
  if constexpr (kCovariance == Covariance::kTied) {
    Triangle<true>(size, model.factors, nullptr, x, nullptr, pass.scaled);
  }
  const double* factors = kCovariance == Covariance::kSpherical ? pass.own_factors : model.factors;
  constexpr std::size_t kComponents = kCovariance == Covariance::kFull ? 1 : 8 / kVectors;
  ForTiles<kComponents>(model.k, [&](auto tile, std::size_t c0) HWY_ATTR {
    constexpr std::size_t C = decltype(tile)::value;
    const double* offsets = pass.offsets + c0 * size;
    Vec64 norms[C][kVectors];
    for (auto& of_component : norms) {
      for (Vec64& norm : of_component) norm = hn::Zero(d);
    }
    if constexpr (kCovariance == Covariance::kFull) {
      Triangle<false>(size, factors + c0 * TriangleSize(size), offsets, x, norms[0], nullptr);
    } else if constexpr (kCovariance == Covariance::kTied) {
      Diagonal<C, true>(size, nullptr, offsets, pass.scaled, norms);
    } else {
      Diagonal<C, false>(size, factors + c0 * size, offsets, x, norms);
    }
    const Vec64 half = hn::Set(d, 0.5);
    for (std::size_t c = 0; c < C; ++c) {
      const Vec64 log_scale = hn::Set(d, model.log_scales[c0 + c]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        hn::StoreU(hn::NegMulAdd(half, norms[c][v], log_scale), d,
                   scores + (c0 + c) * pass.stride + v * hn::Lanes(d));
      }
    }
  });
}

// One vector of rows, `count` of them real: from scores to log densities and responsibilities.
// Full covariance works on roots, exp(l / 2): its outer products want g^(1/2) y on both sides, and
// so the only square root is one per row.
template <Covariance kCovariance, bool kTail>
HWY_INLINE void Normalize(const Pass& pass, std::size_t r, std::size_t row, std::size_t count,
                          LogLikelihood& log_likelihood) {
  constexpr bool kRoots = kCovariance == Covariance::kFull;
  const Lanes64 d;
  const std::size_t k = pass.model.k, stride = pass.stride;
  const GaussianRows& rows = pass.rows;
  const GaussianSums& sums = pass.sums;
  double* HWY_RESTRICT scores = pass.scores + r;
  const auto valid = hn::FirstN(d, count);
  HWY_ALIGN double lane[hn::MaxLanes(d)];

  const Vec64 first = hn::LoadU(d, scores);
  Vec64 top = first;
  if (rows.labels == nullptr) {
    for (std::size_t c = 1; c < k; ++c) top = hn::Max(hn::LoadU(d, scores + c * stride), top);
  } else {
    Vec64 label = hn::Zero(d);
    for (std::size_t c = 1; c < k; ++c) {
      const Vec64 score = hn::LoadU(d, scores + c * stride);
      label = hn::IfThenElse(hn::Gt(score, top), hn::Set(d, static_cast<double>(c)), label);
      top = hn::Max(score, top);
    }
    hn::StoreU(label, d, lane);
    for (std::size_t i = 0; i < count; ++i)
      rows.labels[row + i] = static_cast<std::size_t>(lane[i]);
    if (sums.log_likelihood == nullptr && sums.mass == nullptr && rows.log_density == nullptr &&
        rows.responsibilities == nullptr) {
      return;
    }
  }

  // Where the density is 0 under every component a finite top keeps -inf - -inf out.
  top = hn::Max(top, hn::Set(d, std::numeric_limits<double>::lowest()));
  Vec64 sum = hn::Zero(d);
  const Vec64 scale = hn::Set(d, kRoots ? 0.5 : 1.0);
  if (k == 2) {
    // The larger one's exponential is known: 1, or 0 where both are -inf.
    const Vec64 second = hn::LoadU(d, scores + stride);
    const Vec64 larger = hn::IfThenElseZero(hn::Ge(hn::Max(first, second), top), hn::Set(d, 1.0));
    const Vec64 smaller = ExpOfNonPositive(d, hn::Mul(scale, hn::Sub(hn::Min(first, second), top)));
    const auto in_order = hn::Ge(first, second);
    hn::StoreU(hn::IfThenElse(in_order, larger, smaller), d, scores);
    hn::StoreU(hn::IfThenElse(in_order, smaller, larger), d, scores + stride);
    sum = hn::Add(larger, kRoots ? hn::Mul(smaller, smaller) : smaller);
  } else {
    for (std::size_t c = 0; c < k; ++c) {
      const Vec64 e =
          ExpOfNonPositive(d, hn::Mul(scale, hn::Sub(hn::LoadU(d, scores + c * stride), top)));
      hn::StoreU(e, d, scores + c * stride);
      sum = kRoots ? hn::MulAdd(e, e, sum) : hn::Add(sum, e);
    }
  }
  // A NaN in a row is in all its scores; a maximum may have dropped it.
  sum = hn::IfThenElse(hn::Eq(first, first), sum, first);

  if (rows.log_density != nullptr || (pass.weights_given && sums.log_likelihood != nullptr)) {
    const Vec64 log_density = hn::Add(top, Log(d, sum));
    if (rows.log_density != nullptr) {
      if (kTail) {
        StoreTail(log_density, d, rows.log_density + row, count);
      } else {
        hn::StoreU(log_density, d, rows.log_density + row);
      }
    }
    Vec64 term = log_density;
    if (pass.weights_given) term = hn::Mul(hn::LoadU(d, pass.weights + r), term);
    if (kTail) term = hn::IfThenElseZero(valid, term);
    log_likelihood.total = hn::Add(log_likelihood.total, term);
  } else if (kTail) {
    log_likelihood.Add(hn::IfThenElseZero(valid, top), hn::IfThenElse(valid, sum, hn::Set(d, 1.0)));
  } else {
    log_likelihood.Add(top, sum);
  }

  if (rows.responsibilities == nullptr && sums.mass == nullptr) return;
  const Vec64 inverse = hn::IfThenZeroElse(hn::Eq(sum, hn::Zero(d)), hn::Div(hn::Set(d, 1.0), sum));
  if (rows.responsibilities != nullptr) {
    double* to = rows.responsibilities + row * rows.responsibilities_stride;
    for (std::size_t c = 0; c < k; ++c) {
      const Vec64 e = hn::LoadU(d, scores + c * stride);
      hn::StoreU(hn::Mul(kRoots ? hn::Mul(e, e) : e, inverse), d, lane);
      for (std::size_t i = 0; i < count; ++i) to[i * rows.responsibilities_stride + c] = lane[i];
    }
  }
  if (sums.mass == nullptr) return;
  Vec64 factor = inverse;
  if constexpr (kCovariance == Covariance::kTied) {
    const Vec64 root = hn::Sqrt(hn::LoadU(d, pass.weights + r));
    hn::StoreU(root, d, pass.weights + r);
    factor = hn::Mul(factor, root);
  } else if (pass.weights_given) {
    factor = hn::Mul(factor, hn::LoadU(d, pass.weights + r));
  }
  if (kTail) factor = hn::IfThenElseZero(valid, factor);
  const bool squares = kRoots && sums.second == nullptr;
  if (kRoots && !squares) factor = hn::Sqrt(factor);
  for (std::size_t c = 0; c < k; ++c) {
    const Vec64 e = hn::LoadU(d, scores + c * stride);
    hn::StoreU(hn::Mul(squares ? hn::Mul(e, e) : e, factor), d, scores + c * stride);
  }
}

template <Covariance kCovariance>
void NormalizeBlock(const Pass& pass, std::size_t row, std::size_t n, std::size_t padded) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d);
  LogLikelihood log_likelihood;
  std::size_t r = 0;
  for (; r + lanes <= n; r += lanes) {
    Normalize<kCovariance, false>(pass, r, row + r, lanes, log_likelihood);
  }
  if (r < n) {
    Normalize<kCovariance, true>(pass, r, row + r, n - r, log_likelihood);
    r += lanes;
  }
  if (pass.sums.log_likelihood != nullptr) *pass.sums.log_likelihood += log_likelihood.Sum();
  for (std::size_t c = 0; c < pass.model.k && r < padded; ++c) {
    std::fill(pass.scores + c * pass.stride + r, pass.scores + c * pass.stride + padded, 0.0);
  }
}

// Mass and first moments, and with them the diagonal second moments where asked for.
template <bool kSecond>
void AddMoments(const Pass& pass, std::size_t padded) {
  const std::size_t k = pass.model.k, size = pass.model.d;
  for (std::size_t c = 0; c < k; ++c) {
    pass.mass[c] += Total(padded, pass.scores + c * pass.stride);
    if (kSecond && pass.far_from_centre) {
      MomentsAbout(size, padded, pass.x, pass.scores + c * pass.stride, pass.model.means + c * size,
                   pass.first + c * size, pass.second + c * size);
    }
  }
  if (kSecond && pass.far_from_centre) return;
  Moments<kSecond>(size, k, padded, pass.x, pass.scores, pass.stride, pass.first, pass.second);
}

// Appending g^(1/2) as one more feature makes mass and first moments the last row of the outer
// products of g^(1/2) (y, 1).
void AddFull(const Pass& pass, std::size_t padded) {
  const std::size_t size = pass.model.d;
  for (std::size_t c = 0; c < pass.model.k; ++c) {
    ScaleDifferences(size, padded, pass.x, pass.scores + c * pass.stride,
                     pass.model.means + c * size, pass.scaled, pass.stride);
    OuterProducts(size + 1, padded, pass.scaled, pass.stride,
                  pass.totals + c * TriangleSize(size + 1));
  }
}

// For each row, with r[c] its responsibilities and m = sum_c r[c] means[c],
//   sum_c r[c] y[c] y[c]' = (x - m) (x - m)' + sum_(b < c) r[b] r[c] (means[b] - means[c]) (...)',
// which takes one outer product per row in place of k, and does not cancel. The scores hold
// w^(1/2) r[c]; their own outer products are the coefficients of the second sum.
void AddTied(const Pass& pass, std::size_t padded) {
  const Lanes64 d;
  const std::size_t size = pass.model.d, k = pass.model.k;
  if (pass.sums.second != nullptr) {
    SubtractMixedMeans(size, k, padded, pass.x, pass.weights, pass.scores, pass.stride,
                       pass.model.means, pass.scaled, pass.stride);
    OuterProducts(size, padded, pass.scaled, pass.stride, pass.totals);
    OuterProducts(k, padded, pass.scores, pass.stride, pass.totals + TriangleSize(size));
  }
  for (std::size_t c = 0; pass.weights_given && c < k; ++c) {
    double* g = pass.scores + c * pass.stride;
    for (std::size_t r = 0; r < padded; r += hn::Lanes(d)) {
      hn::StoreU(hn::Mul(hn::LoadU(d, g + r), hn::LoadU(d, pass.weights + r)), d, g + r);
    }
  }
  AddMoments<false>(pass, padded);
}

template <Covariance kCovariance>
void AddSums(const Pass& pass, std::size_t padded) {
  if constexpr (kCovariance == Covariance::kTied) {
    AddTied(pass, padded);
  } else if (pass.sums.second == nullptr) {
    AddMoments<false>(pass, padded);
  } else if constexpr (kCovariance == Covariance::kFull) {
    AddFull(pass, padded);
  } else {
    AddMoments<true>(pass, padded);
  }
}

// Adds this call's moments to the sums, those about the centre shifted to the means.
void FinishMoments(const Pass& pass) {
  const std::size_t k = pass.model.k, d = pass.model.d;
  const GaussianSums& sums = pass.sums;
  const bool spherical = pass.model.covariance == Covariance::kSpherical;
  const bool diagonal = pass.model.covariance == Covariance::kDiagonal;
  const bool with_second = sums.second != nullptr && (spherical || diagonal);
  const bool shifted = with_second && pass.far_from_centre;
  for (std::size_t c = 0; c < k; ++c) {
    sums.mass[c] += pass.mass[c];
    for (std::size_t i = c * d; i < (c + 1) * d; ++i) {
      const double mean = shifted ? 0 : pass.model.means[i];
      const double first = pass.first[i] - pass.mass[c] * mean;
      sums.first[i] += first;
      // sum g (x - mean)^2 = sum g x^2 - mean (sum g x + sum g (x - mean)).
      if (with_second) {
        sums.second[diagonal ? i : c] += pass.second[i] - mean * (pass.first[i] + first);
      }
    }
  }
}

void FinishFull(const Pass& pass) {
  const std::size_t k = pass.model.k, d = pass.model.d, triangle = TriangleSize(d);
  const GaussianSums& sums = pass.sums;
  for (std::size_t c = 0; c < k; ++c) {
    const double* from = pass.totals + c * TriangleSize(d + 1);
    for (std::size_t i = 0; i < triangle; ++i) sums.second[c * triangle + i] += from[i];
    for (std::size_t i = 0; i < d; ++i) sums.first[c * d + i] += from[triangle + i];
    sums.mass[c] += from[triangle + d];
  }
}

// The second sum of AddTied().
void FinishTied(const Pass& pass) {
  const std::size_t k = pass.model.k, d = pass.model.d, triangle = TriangleSize(d);
  double* second = pass.sums.second;
  for (std::size_t i = 0; i < triangle; ++i) second[i] += pass.totals[i];
  for (std::size_t c = 1; c < k; ++c) {
    for (std::size_t b = 0; b < c; ++b) {
      const double shared = pass.totals[triangle + TriangleSize(c) + b];
      const double *mean_b = pass.model.means + b * d, *mean_c = pass.model.means + c * d;
      for (std::size_t i = 0; i < d; ++i) {
        const double left = shared * (mean_b[i] - mean_c[i]);
        double* to = second + TriangleSize(i);
        for (std::size_t j = 0; j <= i; ++j) to[j] += left * (mean_b[j] - mean_c[j]);
      }
    }
  }
}

template <Covariance kCovariance>
void Finish(const Pass& pass) {
  if (pass.sums.second != nullptr && kCovariance == Covariance::kFull) return FinishFull(pass);
  if (pass.sums.second != nullptr && kCovariance == Covariance::kTied) FinishTied(pass);
  FinishMoments(pass);
}

template <Covariance kCovariance, typename T>
void Run(Pass& pass, std::size_t n, const T* x, std::size_t x_stride,
         const double* sample_weights) {
  const std::size_t size = pass.model.d, group = GroupRows();
  Prepare(pass);
  for (std::size_t row = 0; row < n; row += pass.block_rows) {
    const std::size_t rows = std::min(pass.block_rows, n - row);
    const std::size_t padded = (rows + group - 1) / group * group;
    if (sample_weights != nullptr) {
      std::copy_n(sample_weights + row, rows, pass.weights);
    } else {
      std::fill_n(pass.weights, rows, 1.0);
    }
    std::fill(pass.weights + rows, pass.weights + padded, 0.0);
    for (std::size_t r = 0; r < padded; r += group) {
      const T* const group_rows = x + (row + r) * x_stride;
      if (row + r + 3 * group <= n) Prefetch(group_rows + 2 * group * x_stride, group * x_stride);
      LoadGroup(std::min(group, rows - r), size, group_rows, x_stride, pass.model.centre,
                pass.x + r * size);
      Score<kCovariance>(pass, pass.x + r * size, pass.scores + r);
    }
    NormalizeBlock<kCovariance>(pass, row, rows, padded);
    if (pass.sums.mass != nullptr) AddSums<kCovariance>(pass, padded);
  }
  if (pass.sums.mass != nullptr) Finish<kCovariance>(pass);
}

template <typename T>
HWY_INLINE void GaussianPass(const GaussianModel& model, std::size_t n, const T* x,
                             std::size_t x_stride, const double* sample_weights,
                             const GaussianSums& sums, const GaussianRows& rows, double* scratch) {
  Pass pass(model, sums, rows, Layout(model), scratch);
  pass.weights_given = sample_weights != nullptr;
  switch (model.covariance) {
    case Covariance::kFull:
      return Run<Covariance::kFull>(pass, n, x, x_stride, sample_weights);
    case Covariance::kTied:
      return Run<Covariance::kTied>(pass, n, x, x_stride, sample_weights);
    case Covariance::kDiagonal:
      return Run<Covariance::kDiagonal>(pass, n, x, x_stride, sample_weights);
    case Covariance::kSpherical:
      return Run<Covariance::kSpherical>(pass, n, x, x_stride, sample_weights);
  }
}

void GaussianPassF32(const GaussianModel& model, std::size_t n, const float* x,
                     std::size_t x_stride, const double* sample_weights, const GaussianSums& sums,
                     const GaussianRows& rows, double* scratch) {
  GaussianPass(model, n, x, x_stride, sample_weights, sums, rows, scratch);
}
void GaussianPassF64(const GaussianModel& model, std::size_t n, const double* x,
                     std::size_t x_stride, const double* sample_weights, const GaussianSums& sums,
                     const GaussianRows& rows, double* scratch) {
  GaussianPass(model, n, x, x_stride, sample_weights, sums, rows, scratch);
}

// The same on every target.
std::size_t GaussianScratchSize(const GaussianModel& model) { return Layout(model).size(); }

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(GaussianPassF32);
HWY_EXPORT(GaussianPassF64);
HWY_EXPORT(GaussianScratchSize);

std::size_t gaussian_scratch_size(const GaussianModel& model) {
  return HWY_DYNAMIC_DISPATCH(GaussianScratchSize)(model);
}

void gaussian_pass(const GaussianModel& model, std::size_t n, const float* x, std::size_t x_stride,
                   const double* sample_weights, const GaussianSums& sums, const GaussianRows& rows,
                   double* scratch) {
  HWY_DYNAMIC_DISPATCH(GaussianPassF32)
  (model, n, x, x_stride, sample_weights, sums, rows, scratch);
}
void gaussian_pass(const GaussianModel& model, std::size_t n, const double* x, std::size_t x_stride,
                   const double* sample_weights, const GaussianSums& sums, const GaussianRows& rows,
                   double* scratch) {
  HWY_DYNAMIC_DISPATCH(GaussianPassF64)
  (model, n, x, x_stride, sample_weights, sums, rows, scratch);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
