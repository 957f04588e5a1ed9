#include "kernels/itml.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/itml.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

using D64 = hn::ScalableTag<double>;
using V64 = hn::VFromD<D64>;

// Elements of a vector of d that are worked on: the rest of its stride is zero.
HWY_INLINE std::size_t Padded(std::size_t d) {
  return (d + kItmlPadding - 1) / kItmlPadding * kItmlPadding;
}

// v = p - q, padded with zeros; returns |v|^2.
HWY_INLINE double Difference(std::size_t d, const double* HWY_RESTRICT p,
                             const double* HWY_RESTRICT q, double* HWY_RESTRICT v) {
  const D64 tag;
  const std::size_t lanes = hn::Lanes(tag), padded = Padded(d);
  V64 norm = hn::Zero(tag);
  std::size_t j = 0;
  for (; j + lanes <= d; j += lanes) {
    const V64 vj = hn::Sub(hn::LoadU(tag, p + j), hn::LoadU(tag, q + j));
    norm = hn::MulAdd(vj, vj, norm);
    hn::StoreU(vj, tag, v + j);
  }
  if (j < d) {
    const V64 vj = hn::Sub(LoadTail(tag, p + j, d - j), LoadTail(tag, q + j, d - j));
    norm = hn::MulAdd(vj, vj, norm);
    hn::StoreU(vj, tag, v + j);
    j += lanes;
  }
  for (; j < padded; j += lanes) hn::StoreU(hn::Zero(tag), tag, v + j);
  return ReduceSum(tag, norm);
}

// What the pairs of a block, of d elements each, leave to the next: vectors itml_stride(d) apart.
struct Block {
  double* HWY_RESTRICT v;  // the differences
  double* HWY_RESTRICT w;  // A v
  double* HWY_RESTRICT z;  // A lacks the sum of y_s z_s^T, where
  double* HWY_RESTRICT y;  // y_s is z_s or -z_s, so that [i, j] and [j, i] round alike
};

// For rows begin..end-1 and the columns of kVectors vectors from j on: A += sum of y_s z_s^T if
// kUpdate, then w_b += A^T v_b (A is symmetric), from 0 if the rows are the first. The sums run down
// the columns, so that no lane has to be added to another.
template <bool kUpdate, std::size_t kVectors>
HWY_INLINE void PassColumns(std::size_t d, std::size_t begin, std::size_t end, std::size_t j,
                            const Block& block, double* HWY_RESTRICT a) {
  const D64 tag;
  const std::size_t lanes = hn::Lanes(tag), stride = itml_stride(d);
  const double* HWY_RESTRICT v = block.v;
  const double* HWY_RESTRICT z = block.z;
  double* HWY_RESTRICT w = block.w + j;
  V64 y[kItmlBlock][kVectors], sum[kItmlBlock][kVectors];
  for (std::size_t b = 0; b < kItmlBlock; ++b) {
    for (std::size_t c = 0; c < kVectors; ++c) {
      const std::size_t at = b * stride + c * lanes;
      if constexpr (kUpdate) y[b][c] = hn::LoadU(tag, block.y + j + at);
      sum[b][c] = begin == 0 ? hn::Zero(tag) : hn::LoadU(tag, w + at);
    }
  }
  for (std::size_t i = begin; i < end; ++i) {
    double* HWY_RESTRICT row = a + i * stride + j;
    V64 element[kVectors];
    for (std::size_t c = 0; c < kVectors; ++c) element[c] = hn::LoadU(tag, row + c * lanes);
    if constexpr (kUpdate) {
      for (std::size_t b = 0; b < kItmlBlock; ++b) {
        const V64 zb = hn::Set(tag, z[b * stride + i]);
        for (std::size_t c = 0; c < kVectors; ++c) {
          element[c] = hn::MulAdd(zb, y[b][c], element[c]);
        }
      }
      for (std::size_t c = 0; c < kVectors; ++c) hn::StoreU(element[c], tag, row + c * lanes);
    }
    for (std::size_t b = 0; b < kItmlBlock; ++b) {
      const V64 vb = hn::Set(tag, v[b * stride + i]);
      for (std::size_t c = 0; c < kVectors; ++c) {
        sum[b][c] = hn::MulAdd(vb, element[c], sum[b][c]);
      }
    }
  }
  for (std::size_t b = 0; b < kItmlBlock; ++b) {
    for (std::size_t c = 0; c < kVectors; ++c) {
      hn::StoreU(sum[b][c], tag, w + b * stride + c * lanes);
    }
  }
}

// Rows that are read side by side: no more than the prefetchers of a core follow.
constexpr std::size_t kTileRows = 16;

// All of A, kTileRows rows at a time. Each element is read (and written) once for kItmlBlock pairs.
template <bool kUpdate>
HWY_INLINE void Pass(std::size_t d, const Block& block, double* HWY_RESTRICT a) {
  const std::size_t lanes = hn::Lanes(D64()), padded = Padded(d);
  for (std::size_t begin = 0; begin < d; begin += kTileRows) {
    const std::size_t end = std::min(begin + kTileRows, d);
    std::size_t j = 0;
    for (; j + 2 * lanes <= padded; j += 2 * lanes) {
      PassColumns<kUpdate, 2>(d, begin, end, j, block, a);
    }
    if (j < padded) PassColumns<kUpdate, 1>(d, begin, end, j, block, a);
  }
}

// The upper triangle of v^T A v, from w = A v.
HWY_INLINE void Gram(std::size_t d, const Block& block, double (&gram)[kItmlBlock][kItmlBlock]) {
  const D64 tag;
  const std::size_t stride = itml_stride(d);
  V64 sum[kItmlBlock][kItmlBlock];
  for (auto& row : sum) std::fill(std::begin(row), std::end(row), hn::Zero(tag));
  for (std::size_t j = 0; j < Padded(d); j += hn::Lanes(tag)) {
    for (std::size_t b = 0; b < kItmlBlock; ++b) {
      const V64 v = hn::LoadU(tag, block.v + b * stride + j);
      for (std::size_t t = b; t < kItmlBlock; ++t) {
        sum[b][t] = hn::MulAdd(v, hn::LoadU(tag, block.w + t * stride + j), sum[b][t]);
      }
    }
  }
  for (std::size_t b = 0; b < kItmlBlock; ++b) {
    for (std::size_t t = b; t < kItmlBlock; ++t) gram[b][t] = ReduceSum(tag, sum[b][t]);
  }
}

// to += factor * x
HWY_INLINE void AddScaled(std::size_t padded, double factor, const double* HWY_RESTRICT x,
                          double* HWY_RESTRICT to) {
  const D64 tag;
  const V64 f = hn::Set(tag, factor);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(tag)) {
    hn::StoreU(hn::MulAdd(f, hn::LoadU(tag, x + j), hn::LoadU(tag, to + j)), tag, to + j);
  }
}

// z and y with y z^T = beta w w^T
HWY_INLINE void Halve(std::size_t padded, double beta, const double* HWY_RESTRICT w,
                      double* HWY_RESTRICT z, double* HWY_RESTRICT y) {
  const D64 tag;
  const double root = std::sqrt(std::abs(beta));
  const V64 of_z = hn::Set(tag, root), of_y = hn::Set(tag, std::copysign(root, beta));
  for (std::size_t j = 0; j < padded; j += hn::Lanes(tag)) {
    const V64 wj = hn::LoadU(tag, w + j);
    hn::StoreU(hn::Mul(of_z, wj), tag, z + j);
    hn::StoreU(hn::Mul(of_y, wj), tag, y + j);
  }
}

// The log of a product of many positive factors, at the cost of few logarithms.
class LogProduct {
 public:
  HWY_INLINE void multiply(double factor) {
    product_ *= factor;
    if (product_ < 0x1p-500 || product_ > 0x1p500) {
      log_ += std::log(product_);
      product_ = 1;
    }
  }
  double log() const { return log_ + std::log(product_); }

 private:
  double log_ = 0, product_ = 1;
};

ItmlSweep Sweep(std::size_t d, const double* HWY_RESTRICT x, std::size_t x_stride,
                const ItmlPairs& pairs, const ItmlBounds& bounds, double* HWY_RESTRICT lambda,
                double* HWY_RESTRICT a, double* HWY_RESTRICT scratch) {
  const bool hard = std::isinf(bounds.slack);
  const double gain = hard ? 1.0 : bounds.slack / (bounds.slack + 1);
  const double rest = hard ? 0.0 : 1 / (bounds.slack + 1);  // 1 - gain
  const double per_slack = hard ? 0.0 : 1 / bounds.slack;
  const double inverse_bound[] = {1 / bounds.different, 1 / bounds.similar};
  const std::size_t stride = itml_stride(d);
  std::fill_n(scratch, kItmlScratch * stride, 0.0);
  const Block block{scratch, scratch + kItmlBlock * stride, scratch + 2 * kItmlBlock * stride,
                    scratch + 3 * kItmlBlock * stride};
  std::size_t waiting = 0;  // of the y_s z_s^T
  const auto pass = [&]() HWY_ATTR {
    if (waiting == 0) return Pass<false>(d, block, a);
    std::fill_n(block.z + waiting * stride, (kItmlBlock - waiting) * stride, 0.0);
    Pass<true>(d, block, a);
    waiting = 0;
  };
  ItmlSweep result;
  LogProduct determinant;
  bool sound = true;
  while (result.done < pairs.count && sound) {
    const std::size_t first = result.done, size = std::min(kItmlBlock, pairs.count - first);
    double norm[kItmlBlock], gram[kItmlBlock][kItmlBlock];  // gram = v^T A v, its upper triangle
    for (std::size_t b = 0; b < size; ++b) {
      norm[b] = Difference(d, x + pairs.first[first + b] * x_stride,
                           x + pairs.second[first + b] * x_stride, block.v + b * stride);
    }
    pass();
    Gram(d, block, gram);
    for (std::size_t b = 0; b < size; ++b, ++result.done) {
      if (norm[b] <= bounds.zero) {
        ++result.skipped;
        continue;
      }
      const double p = gram[b][b];
      sound = p > 0 && p < std::numeric_limits<double>::infinity();
      if (!sound) break;
      double& dual = lambda[first + b];
      const bool similar = pairs.similar[first + b] != 0;
      const double delta = similar ? 1.0 : -1.0;
      const double inverse_xi = inverse_bound[similar] - delta * dual * per_slack;
      const double wanted = delta * gain * (1 / p - inverse_xi);
      const double alpha = std::min(dual, wanted);
      if (alpha == 0) continue;
      // 1 - delta * alpha * p is left with nothing if p is far below xi. Unless lambda limits alpha
      // it is this sum, which cancels nothing; and no similar pair's can be smaller.
      const double unlimited = rest + gain * p * inverse_xi;
      const double shrinkage = alpha == wanted ? unlimited
                               : similar       ? std::max(1 - alpha * p, unlimited)
                                               : 1 + alpha * p;
      const double growth = 1 / shrinkage;  // of p, and of det A
      const double beta = delta * alpha * growth;
      // The pairs after this one see A as it leaves it.
      const double* w = block.w + b * stride;
      for (std::size_t t = b + 1; t < size; ++t) {
        const double factor = beta * gram[b][t];
        for (std::size_t u = t; u < size; ++u) gram[t][u] += factor * gram[b][u];
        AddScaled(Padded(d), factor, w, block.w + t * stride);
      }
      Halve(Padded(d), beta, w, block.z + waiting * stride, block.y + waiting * stride);
      ++waiting;
      dual -= alpha;
      result.change += std::abs(alpha);
      determinant.multiply(growth);
    }
  }
  if (waiting > 0) pass();
  result.log_det = determinant.log();
  return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(Sweep);

ItmlSweep itml_sweep(std::size_t d, const double* x, std::size_t x_stride, const ItmlPairs& pairs,
                     const ItmlBounds& bounds, double* lambda, double* a, double* scratch) {
  return HWY_DYNAMIC_DISPATCH(Sweep)(d, x, x_stride, pairs, bounds, lambda, a, scratch);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
