#include "kernels/itml.h"

#include <algorithm>
#include <cmath>
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

// v = p - q, padded with zeros; returns |v|^2.
HWY_INLINE double Difference(std::size_t d, const double* HWY_RESTRICT p,
                             const double* HWY_RESTRICT q, double* HWY_RESTRICT v) {
  const D64 tag;
  const std::size_t lanes = hn::Lanes(tag), padded = itml_stride(d);
  V64 norm = hn::Zero(tag);
  for (std::size_t j = 0; j < padded; j += lanes) {
    if (j >= d) {  // the one-lane MaskedLoad of Highway 1.0.3 reads what its mask leaves out
      hn::StoreU(hn::Zero(tag), tag, v + j);
      continue;
    }
    const std::size_t rest = d - j;
    const V64 vj = rest >= lanes ? hn::Sub(hn::LoadU(tag, p + j), hn::LoadU(tag, q + j))
                                 : hn::Sub(LoadTail(tag, p + j, rest), LoadTail(tag, q + j, rest));
    norm = hn::MulAdd(vj, vj, norm);
    hn::StoreU(vj, tag, v + j);
  }
  return ReduceSum(tag, norm);
}

// What the pairs of a block, of d elements each, leave to the next: vectors itml_stride(d) apart.
struct Block {
  double* HWY_RESTRICT v;  // the differences
  double* HWY_RESTRICT w;  // A v
  double* HWY_RESTRICT z;  // A lacks the sum of y_s z_s^T, where
  double* HWY_RESTRICT y;  // y_s is z_s or -z_s, so that [i, j] and [j, i] round alike
};

// kRows rows from i on of: A += sum of y_s z_s^T if kUpdate, then w_b = A v_b.
template <bool kUpdate, std::size_t kRows>
HWY_INLINE void PassRows(std::size_t d, std::size_t i, const Block& block, double* HWY_RESTRICT a) {
  const D64 tag;
  const std::size_t lanes = hn::Lanes(tag), stride = itml_stride(d);
  const double* HWY_RESTRICT v = block.v;
  const double* HWY_RESTRICT y = block.y;
  V64 z[kRows][kItmlBlock], dot[kRows][kItmlBlock];
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t b = 0; b < kItmlBlock; ++b) {
      dot[r][b] = hn::Zero(tag);
      if constexpr (kUpdate) z[r][b] = hn::Set(tag, block.z[b * stride + i + r]);
    }
  }
  double* HWY_RESTRICT row = a + i * stride;
  for (std::size_t j = 0; j < stride; j += lanes) {
    V64 element[kRows];
    for (std::size_t r = 0; r < kRows; ++r) element[r] = hn::LoadU(tag, row + r * stride + j);
    if constexpr (kUpdate) {
      for (std::size_t b = 0; b < kItmlBlock; ++b) {
        const V64 yb = hn::LoadU(tag, y + b * stride + j);
        for (std::size_t r = 0; r < kRows; ++r) element[r] = hn::MulAdd(z[r][b], yb, element[r]);
      }
      for (std::size_t r = 0; r < kRows; ++r) hn::StoreU(element[r], tag, row + r * stride + j);
    }
    for (std::size_t b = 0; b < kItmlBlock; ++b) {
      const V64 vb = hn::LoadU(tag, v + b * stride + j);
      for (std::size_t r = 0; r < kRows; ++r) dot[r][b] = hn::MulAdd(element[r], vb, dot[r][b]);
    }
  }
#if HWY_TARGET <= HWY_AVX2
  if constexpr (kRows == 2) {
    static_assert(kItmlBlock == 2);
    const hn::FixedTag<double, 2> two;
    const auto sums = FourSums(dot[0][0], dot[1][0], dot[0][1], dot[1][1]);
    hn::StoreU(hn::LowerHalf(two, sums), two, block.w + i);
    hn::StoreU(hn::UpperHalf(two, sums), two, block.w + stride + i);
    return;
  }
#endif
  for (std::size_t b = 0; b < kItmlBlock; ++b) {
    for (std::size_t r = 0; r < kRows; ++r) block.w[b * stride + i + r] = ReduceSum(tag, dot[r][b]);
  }
}

// All rows, in twos that share the loads of y and v. Each element of A is read (and written) once
// for kItmlBlock pairs.
template <bool kUpdate>
HWY_INLINE void Pass(std::size_t d, const Block& block, double* HWY_RESTRICT a) {
  std::size_t i = 0;
  for (; i + 2 <= d; i += 2) PassRows<kUpdate, 2>(d, i, block, a);
  if (i < d) PassRows<kUpdate, 1>(d, i, block, a);
}

HWY_INLINE double Dot(std::size_t padded, const double* HWY_RESTRICT x,
                      const double* HWY_RESTRICT y) {
  const D64 tag;
  V64 sum = hn::Zero(tag);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(tag)) {
    sum = hn::MulAdd(hn::LoadU(tag, x + j), hn::LoadU(tag, y + j), sum);
  }
  return ReduceSum(tag, sum);
}

// to = factor * x (+ to if kAdd)
template <bool kAdd>
HWY_INLINE void Scaled(std::size_t padded, double factor, const double* HWY_RESTRICT x,
                       double* HWY_RESTRICT to) {
  const D64 tag;
  const V64 f = hn::Set(tag, factor);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(tag)) {
    const V64 xj = hn::LoadU(tag, x + j);
    hn::StoreU(kAdd ? hn::MulAdd(f, xj, hn::LoadU(tag, to + j)) : hn::Mul(f, xj), tag, to + j);
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
    for (std::size_t b = 0; b < size; ++b) {
      for (std::size_t t = b; t < size; ++t) {
        gram[b][t] = Dot(stride, block.v + b * stride, block.w + t * stride);
      }
    }
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
        Scaled<true>(stride, factor, w, block.w + t * stride);
      }
      const double root = std::sqrt(std::abs(beta));
      Scaled<false>(stride, root, w, block.z + waiting * stride);
      Scaled<false>(stride, std::copysign(root, beta), w, block.y + waiting * stride);
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
