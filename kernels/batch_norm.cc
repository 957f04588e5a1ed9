#include "kernels/batch_norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

using Doubles = hn::ScalableTag<double>;
using DoubleVec = hn::Vec<Doubles>;

// As many elements as a vector of doubles has lanes, in double.
HWY_INLINE DoubleVec LoadDoubles(Doubles d, const double* HWY_RESTRICT from) {
  return hn::LoadU(d, from);
}
HWY_INLINE DoubleVec LoadDoubles(Doubles d, const float* HWY_RESTRICT from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, Doubles>(), from));
}

// Sums over rows run down a group of columns at a time, whose sums stay in registers.
constexpr std::size_t kGroup = 4;

// group(column) for groups of kGroup vectors of columns, then one(column) for single vectors, then
// rest(column) for what is left.
template <class Body, class One, class Rest>
HWY_INLINE void ForColumns(std::size_t n, const Body& group, const One& one, const Rest& rest) {
  const std::size_t lanes = hn::Lanes(Doubles());
  std::size_t j = 0;
  for (; j + kGroup * lanes <= n; j += kGroup * lanes) group(j);
  for (; j + lanes <= n; j += lanes) one(j);
  for (; j < n; ++j) rest(j);
}

template <std::size_t kVecs, typename T>
HWY_INLINE void MomentsOf(std::size_t m, const T* HWY_RESTRICT x, std::size_t x_stride,
                          double* HWY_RESTRICT mean, double* HWY_RESTRICT squares) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  DoubleVec sum[kVecs], square[kVecs];
  for (std::size_t v = 0; v < kVecs; ++v) sum[v] = square[v] = hn::Zero(d);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t v = 0; v < kVecs; ++v) {
      sum[v] = hn::Add(sum[v], LoadDoubles(d, x + i * x_stride + v * lanes));
    }
  }
  const DoubleVec count = hn::Set(d, static_cast<double>(m));
  for (std::size_t v = 0; v < kVecs; ++v) sum[v] = hn::Div(sum[v], count);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t v = 0; v < kVecs; ++v) {
      const DoubleVec off = hn::Sub(LoadDoubles(d, x + i * x_stride + v * lanes), sum[v]);
      square[v] = hn::MulAdd(off, off, square[v]);
    }
  }
  for (std::size_t v = 0; v < kVecs; ++v) {
    hn::StoreU(sum[v], d, mean + v * lanes);
    hn::StoreU(square[v], d, squares + v * lanes);
  }
}

template <typename T>
HWY_INLINE void Moments(std::size_t m, std::size_t n, const T* HWY_RESTRICT x, std::size_t x_stride,
                        double* HWY_RESTRICT mean, double* HWY_RESTRICT squares) {
  ForColumns(
      n, [&](std::size_t j) { MomentsOf<kGroup>(m, x + j, x_stride, mean + j, squares + j); },
      [&](std::size_t j) { MomentsOf<1>(m, x + j, x_stride, mean + j, squares + j); },
      [&](std::size_t j) {
        double sum = 0, square = 0;
        for (std::size_t i = 0; i < m; ++i) sum += static_cast<double>(x[i * x_stride + j]);
        sum /= static_cast<double>(m);
        for (std::size_t i = 0; i < m; ++i) {
          const double off = static_cast<double>(x[i * x_stride + j]) - sum;
          square += off * off;
        }
        mean[j] = sum;
        squares[j] = square;
      });
}

// Of `off`, a vector of x - mean.
template <class D>
HWY_INLINE hn::Vec<D> Standardized(D d, hn::Vec<D> off,
                                   const BatchNormColumns<hn::TFromD<D>>& columns, std::size_t j) {
  return hn::MulAdd(off, hn::LoadU(d, columns.scale + j), hn::LoadU(d, columns.shift + j));
}

// x[i, j] - mean[j] for a vector of columns.
template <class D>
HWY_INLINE hn::Vec<D> Off(D d, const hn::TFromD<D>* HWY_RESTRICT x,
                          const BatchNormColumns<hn::TFromD<D>>& columns, std::size_t j) {
  return hn::Sub(hn::LoadU(d, x + j), hn::LoadU(d, columns.mean + j));
}

// g of the header.
template <bool kRelu, class D>
HWY_INLINE hn::Vec<D> Passed(D d, hn::Vec<D> off, const hn::TFromD<D>* HWY_RESTRICT d_y,
                             const BatchNormColumns<hn::TFromD<D>>& columns, std::size_t j) {
  const auto g = hn::LoadU(d, d_y + j);
  if (!kRelu) return g;
  return hn::IfThenElseZero(hn::Gt(Standardized(d, off, columns, j), hn::Zero(d)), g);
}

// body(tag, column) for the columns of a row: whole vectors, then one lane each.
template <typename T, class Body>
HWY_INLINE void AcrossRow(std::size_t n, const Body& body) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= n; j += hn::Lanes(d)) body(d, j);
  for (; j < n; ++j) body(one, j);
}

template <bool kRelu, typename T>
HWY_INLINE void Apply(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                      const BatchNormColumns<T>& columns, T* y, std::size_t y_stride) {
  for (std::size_t i = 0; i < m; ++i, x += x_stride, y += y_stride) {
    AcrossRow<T>(n, [&](auto d, std::size_t j) HWY_ATTR {
      const auto z = Standardized(d, Off(d, x, columns, j), columns, j);
      // Not max: a NaN stays.
      hn::StoreU(kRelu ? hn::IfThenZeroElse(hn::Lt(z, hn::Zero(d)), z) : z, d, y + j);
    });
  }
}

template <bool kRelu, std::size_t kVecs, typename T>
HWY_INLINE void SumsOf(std::size_t m, const T* HWY_RESTRICT x, std::size_t x_stride,
                       const BatchNormColumns<T>& columns, std::size_t j, const T* HWY_RESTRICT d_y,
                       std::size_t d_y_stride, double* HWY_RESTRICT sums,
                       double* HWY_RESTRICT products) {
  const Doubles d;
  const hn::Rebind<T, Doubles> narrow;
  const std::size_t lanes = hn::Lanes(d);
  DoubleVec sum[kVecs], product[kVecs];
  for (std::size_t v = 0; v < kVecs; ++v) sum[v] = product[v] = hn::Zero(d);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t v = 0; v < kVecs; ++v) {
      const std::size_t col = j + v * lanes;
      const auto off = Off(narrow, x + i * x_stride, columns, col);
      const auto g = Passed<kRelu>(narrow, off, d_y + i * d_y_stride, columns, col);
      if constexpr (sizeof(T) == 8) {
        sum[v] = hn::Add(sum[v], g);
        product[v] = hn::MulAdd(g, off, product[v]);
      } else {
        const DoubleVec wide = hn::PromoteTo(d, g);
        sum[v] = hn::Add(sum[v], wide);
        product[v] = hn::MulAdd(wide, hn::PromoteTo(d, off), product[v]);
      }
    }
  }
  for (std::size_t v = 0; v < kVecs; ++v) {
    hn::StoreU(sum[v], d, sums + j + v * lanes);
    hn::StoreU(product[v], d, products + j + v * lanes);
  }
}

template <bool kRelu, typename T>
HWY_INLINE void Sums(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                     const BatchNormColumns<T>& columns, const T* d_y, std::size_t d_y_stride,
                     double* sums, double* products) {
  ForColumns(
      n,
      [&](std::size_t j) {
        SumsOf<kRelu, kGroup>(m, x, x_stride, columns, j, d_y, d_y_stride, sums, products);
      },
      [&](std::size_t j) {
        SumsOf<kRelu, 1>(m, x, x_stride, columns, j, d_y, d_y_stride, sums, products);
      },
      [&](std::size_t j) {
        const hn::CappedTag<T, 1> one;
        sums[j] = products[j] = 0;
        for (std::size_t i = 0; i < m; ++i) {
          const auto off = Off(one, x + i * x_stride, columns, j);
          const auto g = Passed<kRelu>(one, off, d_y + i * d_y_stride, columns, j);
          const auto wide = static_cast<double>(hn::GetLane(g));
          sums[j] += wide;
          products[j] += wide * static_cast<double>(hn::GetLane(off));
        }
      });
}

template <bool kRelu, typename T>
HWY_INLINE void Input(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                      const BatchNormColumns<T>& columns, const T* d_y, std::size_t d_y_stride,
                      const T* offset, const T* slope, T beta, T* d_x, std::size_t d_x_stride) {
  for (std::size_t i = 0; i < m; ++i, x += x_stride, d_y += d_y_stride, d_x += d_x_stride) {
    AcrossRow<T>(n, [&](auto d, std::size_t j) HWY_ATTR {
      const auto off = Off(d, x, columns, j);
      const auto g = Passed<kRelu>(d, off, d_y, columns, j);
      const auto rest =
          hn::NegMulAdd(off, hn::LoadU(d, slope + j), hn::Sub(g, hn::LoadU(d, offset + j)));
      const auto scale = hn::LoadU(d, columns.scale + j);
      hn::StoreU(
          beta == T{0} ? hn::Mul(scale, rest) : hn::MulAdd(scale, rest, hn::LoadU(d, d_x + j)), d,
          d_x + j);
    });
  }
}

#define SURPLUS_BATCH_NORM(T, NAME)                                                                \
  void Moments##NAME(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, double* mean, \
                     double* squares) {                                                            \
    Moments(m, n, x, x_stride, mean, squares);                                                     \
  }                                                                                                \
  void Apply##NAME(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,                 \
                   const BatchNormColumns<T>& columns, T* y, std::size_t y_stride) {               \
    const auto run = columns.relu ? Apply<true, T> : Apply<false, T>;                              \
    run(m, n, x, x_stride, columns, y, y_stride);                                                  \
  }                                                                                                \
  void Sums##NAME(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,                  \
                  const BatchNormColumns<T>& columns, const T* d_y, std::size_t d_y_stride,        \
                  double* sums, double* products) {                                                \
    const auto run = columns.relu ? Sums<true, T> : Sums<false, T>;                                \
    run(m, n, x, x_stride, columns, d_y, d_y_stride, sums, products);                              \
  }                                                                                                \
  void Input##NAME(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,                 \
                   const BatchNormColumns<T>& columns, const T* d_y, std::size_t d_y_stride,       \
                   const T* offset, const T* slope, T beta, T* d_x, std::size_t d_x_stride) {      \
    const auto run = columns.relu ? Input<true, T> : Input<false, T>;                              \
    run(m, n, x, x_stride, columns, d_y, d_y_stride, offset, slope, beta, d_x, d_x_stride);        \
  }
SURPLUS_BATCH_NORM(float, F32)
SURPLUS_BATCH_NORM(double, F64)
#undef SURPLUS_BATCH_NORM

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

#define SURPLUS_BATCH_NORM(T, NAME)                                                                \
  HWY_EXPORT(Moments##NAME);                                                                       \
  HWY_EXPORT(Apply##NAME);                                                                         \
  HWY_EXPORT(Sums##NAME);                                                                          \
  HWY_EXPORT(Input##NAME);                                                                         \
  void column_moments(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,              \
                      double* mean, double* squares) {                                             \
    HWY_DYNAMIC_DISPATCH(Moments##NAME)(m, n, x, x_stride, mean, squares);                         \
  }                                                                                                \
  void batch_norm(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,                  \
                  const BatchNormColumns<T>& columns, T* y, std::size_t y_stride) {                \
    HWY_DYNAMIC_DISPATCH(Apply##NAME)(m, n, x, x_stride, columns, y, y_stride);                    \
  }                                                                                                \
  void batch_norm_sums(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,             \
                       const BatchNormColumns<T>& columns, const T* d_y, std::size_t d_y_stride,   \
                       double* sums, double* products) {                                           \
    HWY_DYNAMIC_DISPATCH(Sums##NAME)                                                               \
    (m, n, x, x_stride, columns, d_y, d_y_stride, sums, products);                                 \
  }                                                                                                \
  void batch_norm_input(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,            \
                        const BatchNormColumns<T>& columns, const T* d_y, std::size_t d_y_stride,  \
                        const T* offset, const T* slope, T beta, T* d_x, std::size_t d_x_stride) { \
    HWY_DYNAMIC_DISPATCH(Input##NAME)                                                              \
    (m, n, x, x_stride, columns, d_y, d_y_stride, offset, slope, beta, d_x, d_x_stride);           \
  }
SURPLUS_BATCH_NORM(float, F32)
SURPLUS_BATCH_NORM(double, F64)
#undef SURPLUS_BATCH_NORM

}  // namespace surplus::kernels

#endif  // HWY_ONCE
