#include "kernels/sequence.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sequence.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

using D64 = hn::ScalableTag<double>;
using V64 = hn::VFromD<D64>;

// Calls body(count, j) for vectors of coordinates from j on: kVectors full ones at a time, whose
// chains of dependent operations overlap, then one by one; `count` is 0 or the elements of the last.
template <int kVectors, class Body>
HWY_INLINE void ForGroups(std::size_t n, const Body& body) {
  const std::size_t lanes = hn::Lanes(D64());
  std::size_t j = 0;
  for (; j + kVectors * lanes <= n; j += kVectors * lanes) {
    body(std::integral_constant<int, kVectors>(), 0, j);
  }
  for (; j + lanes <= n; j += lanes) body(std::integral_constant<int, 1>(), 0, j);
  if (j < n) body(std::integral_constant<int, 1>(), n - j, j);
}

// The elements from `from` on, of which `tail` count if it is not 0; `other` in place of the rest.
HWY_INLINE V64 LoadGroup(const double* HWY_RESTRICT from, std::size_t tail, double other) {
  const D64 d;
  if (tail == 0) return hn::LoadU(d, from);
  return hn::IfThenElse(hn::FirstN(d, tail), LoadTail(d, from, tail), hn::Set(d, other));
}

HWY_INLINE void StoreGroup(V64 v, double* HWY_RESTRICT to, std::size_t tail) {
  const D64 d;
  if (tail == 0) {
    hn::StoreU(v, d, to);
  } else {
    StoreTail(v, d, to, tail);
  }
}

// One vector of coordinates of the two-layer flow, at a time that can be doubled.
class TwoLayer {
 public:
  HWY_INLINE void Start(V64 lambda, V64 z, double t) {
    const D64 d;
    const V64 two_z = hn::Add(z, z);
    const V64 root = hn::Sqrt(hn::MulAdd(lambda, lambda, hn::Mul(two_z, two_z)));
    const V64 sum = hn::Add(root, lambda);
    const V64 m = hn::Div(hn::Mul(two_z, two_z), sum);
    ratio_ = hn::Div(m, sum);
    two_m_ = hn::Add(m, m);
    lambda_ = lambda;
    lambda_z_ = hn::Mul(lambda, z);
    // 1 - e^-x from e^-x - 1 = 2^k (e^r - 1) + (2^k - 1). Beyond 700, e would soon be subnormal, and
    // matters no more.
    const V64 x = hn::Neg(hn::Min(hn::Mul(root, hn::Set(d, t)), hn::Set(d, 700.0)));
    V64 r, rounded, power0, power1;
    vector_math::ReduceByLn2(d, x, r, rounded);
    vector_math::PowersOfTwo(d, rounded, power0, power1);
    const V64 power = hn::Mul(power0, power1);
    const V64 expm1 = vector_math::ReducedExpMinus1(d, r);
    one_minus_e_ = hn::NegMulAdd(power, expm1, hn::Sub(hn::Set(d, 1.0), power));
    e_ = hn::MulAdd(power, expm1, power);
  }

  HWY_INLINE V64 Theta() const {
    const V64 up =
        hn::Mul(hn::Mul(lambda_z_, one_minus_e_), hn::MulAdd(ratio_, e_, hn::Set(D64(), 1.0)));
    // lambda + e (2 m - lambda r e): where the parenthesis cancels, lambda dominates or e is small.
    const V64 inner = hn::NegMulAdd(hn::Mul(lambda_, ratio_), e_, two_m_);
    return hn::Div(up, hn::MulAdd(e_, inner, lambda_));
  }

  // e relative to itself stays as exact as its exponent: from 1 - e while that is small, by squaring
  // after that.
  HWY_INLINE void Double() {
    const D64 d;
    const V64 one = hn::Set(d, 1.0);
    one_minus_e_ = hn::MulAdd(one_minus_e_, e_, one_minus_e_);
    const V64 square = hn::Mul(e_, e_);
    // Kept normal: subnormal numbers cost the processor a hundred times as much.
    e_ = hn::IfThenElse(hn::Lt(one_minus_e_, hn::Set(d, 0.5)), hn::Sub(one, one_minus_e_),
                        hn::Max(square, hn::Set(d, 1e-300)));
  }

 private:
  V64 lambda_, lambda_z_, ratio_, two_m_, one_minus_e_, e_;
};

void TwoLayerFlow(std::size_t n, const double* lambda, const double* z, double t, double* theta) {
  ForGroups<1>(n, [&](auto, std::size_t tail, std::size_t j) HWY_ATTR {
    TwoLayer flow;
    flow.Start(LoadGroup(lambda + j, tail, 1), LoadGroup(z + j, tail, 0), t);
    StoreGroup(flow.Theta(), theta + j, tail);
  });
}

void TwoLayerErrors(std::size_t n, const double* lambda, const double* z, const double* target,
                    double t, std::size_t count, double* errors) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN double sums[kMostDoublings * hn::MaxLanes(d)];
  std::fill_n(sums, count * lanes, 0.0);
  // Two vectors: three need more than the 16 registers of AVX2.
  ForGroups<2>(n, [&](auto vectors, std::size_t tail, std::size_t j) HWY_ATTR {
    TwoLayer flow[vectors];
    V64 goal[vectors];
    for (int v = 0; v < vectors; ++v) {
      const std::size_t at = j + v * lanes;
      flow[v].Start(LoadGroup(lambda + at, tail, 1), LoadGroup(z + at, tail, 0), t);
      goal[v] = LoadGroup(target + at, tail, 0);
    }
    for (std::size_t i = 0; i < count; ++i) {
      V64 sum = hn::Load(d, sums + i * lanes);
      for (int v = 0; v < vectors; ++v) {
        const V64 miss = hn::Sub(flow[v].Theta(), goal[v]);
        sum = hn::MulAdd(miss, miss, sum);
        flow[v].Double();
      }
      hn::Store(sum, d, sums + i * lanes);
    }
  });
  for (std::size_t i = 0; i < count; ++i) errors[i] = ReduceSum(d, hn::Load(d, sums + i * lanes));
}

struct Diagonal {
  V64 a, b, beta;
};

// x + h y
HWY_INLINE Diagonal Along(V64 h, const Diagonal& y, const Diagonal& x) {
  return {hn::MulAdd(h, y.a, x.a), hn::MulAdd(h, y.b, x.b), hn::MulAdd(h, y.beta, x.beta)};
}

template <bool kTwoLayers>
HWY_INLINE Diagonal Derivative(std::size_t depth, V64 factor, V64 z, const Diagonal& x) {
  if constexpr (kTwoLayers) {
    const V64 g = hn::NegMulAdd(x.a, x.beta, z);
    return {hn::Mul(x.beta, g), hn::Zero(D64()), hn::Mul(x.a, g)};
  } else {
    V64 power = hn::Set(D64(), 1.0);  // b^(D - 1)
    for (std::size_t i = 1; i < depth; ++i) power = hn::Mul(power, x.b);
    const V64 slope = hn::Mul(x.a, power);
    const V64 kernel = hn::Mul(slope, x.b);
    const V64 g = hn::NegMulAdd(kernel, x.beta, z);
    const V64 pull = hn::Mul(x.beta, g);
    return {hn::Mul(hn::Mul(power, x.b), pull), hn::Mul(hn::Mul(factor, slope), pull),
            hn::Mul(kernel, g)};
  }
}

struct RungeKutta {
  V64 h, half, third, sixth;
  explicit RungeKutta(double step)
      : h(hn::Set(D64(), step)),
        half(hn::Set(D64(), step / 2)),
        third(hn::Set(D64(), step / 3)),
        sixth(hn::Set(D64(), step / 6)) {}

  template <class Slope>
  HWY_INLINE Diagonal Next(const Diagonal& x, const Slope& slope) const {
    Diagonal k = slope(x);
    Diagonal sum = Along(sixth, k, x);
    k = slope(Along(half, k, x));
    sum = Along(third, k, sum);
    k = slope(Along(half, k, x));
    sum = Along(third, k, sum);
    k = slope(Along(h, k, x));
    return Along(sixth, k, sum);
  }
};

struct Euler {
  V64 h;
  explicit Euler(double step) : h(hn::Set(D64(), step)) {}

  template <class Slope>
  HWY_INLINE Diagonal Next(const Diagonal& x, const Slope& slope) const {
    return Along(h, slope(x), x);
  }
};

template <class Rule, bool kTwoLayers>
void Integrate(std::size_t n, std::size_t depth, const double* HWY_RESTRICT z, double h,
               std::size_t steps, double* HWY_RESTRICT a, double* HWY_RESTRICT b,
               double* HWY_RESTRICT beta) {
  const D64 d;
  const std::size_t lanes = hn::Lanes(d);
  const Rule rule(h);
  const V64 factor = hn::Set(d, static_cast<double>(depth));
  // A step is one long chain; four of them keep both multipliers busy, though they spill.
  ForGroups<4>(n, [&](auto vectors, std::size_t tail, std::size_t j) HWY_ATTR {
    Diagonal x[vectors];
    V64 goal[vectors];
    for (int v = 0; v < vectors; ++v) {
      const std::size_t at = j + v * lanes;
      x[v] = {LoadGroup(a + at, tail, 0), kTwoLayers ? hn::Set(d, 1.0) : LoadGroup(b + at, tail, 0),
              LoadGroup(beta + at, tail, 0)};
      goal[v] = LoadGroup(z + at, tail, 0);
    }
    for (std::size_t s = 0; s < steps; ++s) {
      for (int v = 0; v < vectors; ++v) {
        x[v] = rule.Next(x[v], [&](const Diagonal& at) HWY_ATTR {
          return Derivative<kTwoLayers>(depth, factor, goal[v], at);
        });
      }
    }
    for (int v = 0; v < vectors; ++v) {
      const std::size_t at = j + v * lanes;
      StoreGroup(x[v].a, a + at, tail);
      if (!kTwoLayers) StoreGroup(x[v].b, b + at, tail);
      StoreGroup(x[v].beta, beta + at, tail);
    }
  });
}

template <class Rule>
void IntegrateAny(std::size_t n, std::size_t depth, const double* z, double h, std::size_t steps,
                  double* a, double* b, double* beta) {
  const auto integrate = depth == 0 ? Integrate<Rule, true> : Integrate<Rule, false>;
  integrate(n, depth, z, h, steps, a, b, beta);
}

void DiagonalRungeKutta(std::size_t n, std::size_t depth, const double* z, double h,
                        std::size_t steps, double* a, double* b, double* beta) {
  IntegrateAny<RungeKutta>(n, depth, z, h, steps, a, b, beta);
}

void DiagonalGradientDescent(std::size_t n, std::size_t depth, const double* z, double h,
                             std::size_t steps, double* a, double* b, double* beta) {
  IntegrateAny<Euler>(n, depth, z, h, steps, a, b, beta);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(TwoLayerFlow);
HWY_EXPORT(TwoLayerErrors);
HWY_EXPORT(DiagonalRungeKutta);
HWY_EXPORT(DiagonalGradientDescent);

void two_layer_flow(std::size_t n, const double* lambda, const double* z, double t, double* theta) {
  HWY_DYNAMIC_DISPATCH(TwoLayerFlow)(n, lambda, z, t, theta);
}

void two_layer_errors(std::size_t n, const double* lambda, const double* z, const double* target,
                      double t, std::size_t count, double* errors) {
  HWY_DYNAMIC_DISPATCH(TwoLayerErrors)(n, lambda, z, target, t, count, errors);
}

void diagonal_runge_kutta(std::size_t n, std::size_t depth, const double* z, double h,
                          std::size_t steps, double* a, double* b, double* beta) {
  HWY_DYNAMIC_DISPATCH(DiagonalRungeKutta)(n, depth, z, h, steps, a, b, beta);
}

void diagonal_gradient_descent(std::size_t n, std::size_t depth, const double* z, double h,
                               std::size_t steps, double* a, double* b, double* beta) {
  HWY_DYNAMIC_DISPATCH(DiagonalGradientDescent)(n, depth, z, h, steps, a, b, beta);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
