#include "kernels/itml.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/itml.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/rank_one-inl.h"
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

// w = A v; returns v^T w. For rows of kVectors vectors: w is the sum of v_j times row j, held in
// registers, which needs no horizontal sums. Two sets of sums for up to four vectors, because one
// addition waits for the one before; more vectors than that are enough to wait for.
template <int kVectors>
HWY_INLINE double Transform(std::size_t d, const double* HWY_RESTRICT a,
                            const double* HWY_RESTRICT v, double* HWY_RESTRICT w) {
  const D64 tag;
  const std::size_t lanes = hn::Lanes(tag), stride = itml_stride(d);
  V64 even[kVectors], odd[kVectors];
  for (int n = 0; n < kVectors; ++n) even[n] = odd[n] = hn::Zero(tag);
  std::size_t j = 0;
  if constexpr (kVectors <= 4) {
    for (; j + 2 <= d; j += 2, a += 2 * stride) {
      const V64 v0 = hn::Set(tag, v[j]), v1 = hn::Set(tag, v[j + 1]);
      for (int n = 0; n < kVectors; ++n) {
        even[n] = hn::MulAdd(hn::LoadU(tag, a + n * lanes), v0, even[n]);
        odd[n] = hn::MulAdd(hn::LoadU(tag, a + stride + n * lanes), v1, odd[n]);
      }
    }
  }
  for (; j < d; ++j, a += stride) {
    const V64 v0 = hn::Set(tag, v[j]);
    for (int n = 0; n < kVectors; ++n) {
      even[n] = hn::MulAdd(hn::LoadU(tag, a + n * lanes), v0, even[n]);
    }
  }
  V64 p = hn::Zero(tag);
  for (int n = 0; n < kVectors; ++n) {
    if constexpr (kVectors <= 4) even[n] = hn::Add(even[n], odd[n]);
    hn::StoreU(even[n], tag, w + n * lanes);
    p = hn::MulAdd(hn::LoadU(tag, v + n * lanes), even[n], p);
  }
  return ReduceSum(tag, p);
}

// For long rows, A += beta u u^T if kUpdate, and w = A v; returns v^T w. w_i = row i times v, four
// rows side by side, each element of A read (and written) once in the order in which it lies.
template <bool kUpdate>
HWY_INLINE double TransformLong(std::size_t d, double beta, const double* HWY_RESTRICT u,
                                double* HWY_RESTRICT a, const double* HWY_RESTRICT v,
                                double* HWY_RESTRICT w) {
  const D64 tag;
  const std::size_t lanes = hn::Lanes(tag), stride = itml_stride(d);
  const V64 factor = hn::Set(tag, beta);
  double p = 0;
  std::size_t i = 0;
  const auto rows = [&](auto count) HWY_ATTR {
    constexpr std::size_t kRows = count();
    double* HWY_RESTRICT row = a + i * stride;
    V64 ui[kRows], dot[kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
      dot[r] = hn::Zero(tag);
      if constexpr (kUpdate) ui[r] = hn::Set(tag, u[i + r]);
    }
    for (std::size_t j = 0; j < stride; j += lanes) {
      const V64 vj = hn::LoadU(tag, v + j);
      for (std::size_t r = 0; r < kRows; ++r) {
        V64 element = hn::LoadU(tag, row + r * stride + j);
        if constexpr (kUpdate) {
          element = hn::MulAdd(factor, hn::Mul(ui[r], hn::LoadU(tag, u + j)), element);
          hn::StoreU(element, tag, row + r * stride + j);
        }
        dot[r] = hn::MulAdd(element, vj, dot[r]);
      }
    }
    for (std::size_t r = 0; r < kRows; ++r) {
      w[i + r] = ReduceSum(tag, dot[r]);
      p += v[i + r] * w[i + r];
    }
  };
  for (; i + 4 <= d; i += 4) rows(std::integral_constant<std::size_t, 4>());
  for (; i < d; ++i) rows(std::integral_constant<std::size_t, 1>());
  return p;
}

// A += beta w w^T, each element as beta * (w_i w_j) so that both triangles round alike.
template <int kVectors>
HWY_INLINE void Update(std::size_t d, double beta, const double* HWY_RESTRICT w,
                       double* HWY_RESTRICT a) {
  const std::size_t stride = itml_stride(d);
  if constexpr (kVectors > 0) {
    const D64 tag;
    const std::size_t lanes = hn::Lanes(tag);
    const V64 factor = hn::Set(tag, beta);
    V64 wn[kVectors];
    for (int n = 0; n < kVectors; ++n) wn[n] = hn::LoadU(tag, w + n * lanes);
    for (std::size_t i = 0; i < d; ++i, a += stride) {
      const V64 wi = hn::Set(tag, w[i]);
      for (int n = 0; n < kVectors; ++n) {
        const V64 row = hn::LoadU(tag, a + n * lanes);
        hn::StoreU(hn::MulAdd(factor, hn::Mul(wi, wn[n]), row), tag, a + n * lanes);
      }
    }
  } else {
    AddOuter<true>(d, stride, beta, w, 1, w, a, stride);
  }
}

// A += beta u u^T unless beta is 0, then w = A v; returns v^T w.
template <int kVectors>
HWY_INLINE double UpdateAndTransform(std::size_t d, double beta, const double* HWY_RESTRICT u,
                                     double* HWY_RESTRICT a, const double* HWY_RESTRICT v,
                                     double* HWY_RESTRICT w) {
  if constexpr (kVectors == 0) {
    return beta != 0 ? TransformLong<true>(d, beta, u, a, v, w)
                     : TransformLong<false>(d, beta, u, a, v, w);
  } else {
    if (beta != 0) Update<kVectors>(d, beta, u, a);
    return Transform<kVectors>(d, a, v, w);
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

template <int kVectors>
ItmlSweep SweepRows(std::size_t d, const double* HWY_RESTRICT x, std::size_t x_stride,
                    const ItmlPairs& pairs, const ItmlBounds& bounds, double* HWY_RESTRICT lambda,
                    double* HWY_RESTRICT a, double* HWY_RESTRICT scratch) {
  const bool hard = std::isinf(bounds.slack);
  const double gain = hard ? 1.0 : bounds.slack / (bounds.slack + 1);
  const double rest = hard ? 0.0 : 1 / (bounds.slack + 1);  // 1 - gain
  const double per_slack = hard ? 0.0 : 1 / bounds.slack;
  const double inverse_bound[] = {1 / bounds.different, 1 / bounds.similar};
  double* v = scratch;
  double* u = scratch + itml_stride(d);
  double* w = u + itml_stride(d);
  std::fill_n(u, 2 * itml_stride(d), 0.0);
  double beta = 0;  // A lacks beta u u^T, which waits for the next v, to pass over A but once
  ItmlSweep result;
  LogProduct determinant;
  for (; result.done < pairs.count; ++result.done) {
    const std::size_t c = result.done;
    const double norm =
        Difference(d, x + pairs.first[c] * x_stride, x + pairs.second[c] * x_stride, v);
    if (norm <= bounds.zero) {
      ++result.skipped;
      continue;
    }
    const double p = UpdateAndTransform<kVectors>(d, beta, u, a, v, w);
    beta = 0;
    if (!(p > 0 && p < std::numeric_limits<double>::infinity())) break;
    const bool similar = pairs.similar[c] != 0;
    const double delta = similar ? 1.0 : -1.0;
    const double inverse_xi = inverse_bound[similar] - delta * lambda[c] * per_slack;
    const double wanted = delta * gain * (1 / p - inverse_xi);
    const double alpha = std::min(lambda[c], wanted);
    if (alpha == 0) continue;
    // 1 - delta * alpha * p is left with nothing if p is far below xi. Unless lambda limits alpha it
    // is this sum, which cancels nothing; and no similar pair's can be smaller.
    const double unlimited = rest + gain * p * inverse_xi;
    const double shrinkage = alpha == wanted ? unlimited
                             : similar       ? std::max(1 - alpha * p, unlimited)
                                             : 1 + alpha * p;
    const double growth = 1 / shrinkage;  // of p, and of det A
    beta = delta * alpha * growth;
    std::swap(u, w);
    lambda[c] -= alpha;
    result.change += std::abs(alpha);
    determinant.multiply(growth);
  }
  if (beta != 0) Update<kVectors>(d, beta, u, a);
  result.log_det = determinant.log();
  return result;
}

ItmlSweep Sweep(std::size_t d, const double* x, std::size_t x_stride, const ItmlPairs& pairs,
                const ItmlBounds& bounds, double* lambda, double* a, double* scratch) {
  const std::size_t vectors = itml_stride(d) / hn::Lanes(D64());
  // Eight sums are half of the 16 registers of AVX2, whose rows of up to 32 elements they hold.
#if HWY_TARGET == HWY_AVX2
  if (vectors == 6) return SweepRows<6>(d, x, x_stride, pairs, bounds, lambda, a, scratch);
  if (vectors == 8) return SweepRows<8>(d, x, x_stride, pairs, bounds, lambda, a, scratch);
#endif
  const auto sweep = vectors == 1   ? SweepRows<1>
                     : vectors == 2 ? SweepRows<2>
                     : vectors == 3 ? SweepRows<3>
                     : vectors == 4 ? SweepRows<4>
                                    : SweepRows<0>;
  return sweep(d, x, x_stride, pairs, bounds, lambda, a, scratch);
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
