#include "kernels/pool2d.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool2d.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// The part of a window that is inside its image.
struct Inside {
  std::size_t first_row, last_row, first_col, last_col;  // in the window, the last one excluded
  std::size_t corner;  // the pixel of x where the window begins; with padding it may wrap around
};

// use(pixel of y, Inside) for the windows of n images.
template <class Use>
HWY_INLINE void ForWindows(const Pool2dShape& s, std::size_t n, const Use& use) {
  const std::size_t rows = s.out_height(), cols = s.out_width();
  for (std::size_t image = 0, pixel = 0; image < n; ++image) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j, ++pixel) {
        const std::size_t top = i * s.stride, left = j * s.stride;  // with the padding counted
        Inside in{};
        in.first_row = s.padding - std::min(s.padding, top);
        in.last_row = std::min(s.window_height, s.height + s.padding - top);
        in.first_col = s.padding - std::min(s.padding, left);
        in.last_col = std::min(s.window_width, s.width + s.padding - left);
        in.corner = (image * s.height + top - s.padding) * s.width + left - s.padding;
        use(pixel, in);
      }
    }
  }
}

// use(pixel of x, place in the window) for the pixels that are inside.
template <class Use>
HWY_INLINE void ForPlaces(const Pool2dShape& s, const Inside& in, const Use& use) {
  for (std::size_t k = in.first_row; k < in.last_row; ++k) {
    for (std::size_t l = in.first_col; l < in.last_col; ++l) {
      use(in.corner + k * s.width + l, k * s.window_width + l);
    }
  }
}

// body(tag, channel): whole vectors, then one lane each.
template <typename T, class Body>
HWY_INLINE void ForChannels(std::size_t channels, const Body& body) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  std::size_t c = 0;
  for (; c + hn::Lanes(d) <= channels; c += hn::Lanes(d)) body(d, c);
  for (; c < channels; ++c) body(one, c);
}

template <typename T>
HWY_INLINE void MaxPool(const Pool2dShape& s, std::size_t n, const T* x, std::size_t x_stride, T* y,
                        std::size_t y_stride, T* places, std::size_t places_stride) {
  ForWindows(s, n, [&](std::size_t to, const Inside& in) HWY_ATTR {
    ForChannels<T>(s.channels, [&](auto d, std::size_t c) HWY_ATTR {
      const std::size_t first = in.first_row * s.window_width + in.first_col;
      auto most =
          hn::LoadU(d, x + (in.corner + in.first_row * s.width + in.first_col) * x_stride + c);
      auto at = hn::Set(d, static_cast<T>(first));
      ForPlaces(s, in, [&](std::size_t from, std::size_t place) HWY_ATTR {
        const auto value = hn::LoadU(d, x + from * x_stride + c);
        const auto wins = hn::Or(hn::Gt(value, most), hn::IsNaN(value));
        most = hn::IfThenElse(wins, value, most);
        at = hn::IfThenElse(wins, hn::Set(d, static_cast<T>(place)), at);
      });
      hn::StoreU(most, d, y + to * y_stride + c);
      hn::StoreU(at, d, places + to * places_stride + c);
    });
  });
}

template <typename T>
HWY_INLINE void MaxPoolInput(const Pool2dShape& s, std::size_t n, const T* d_y,
                             std::size_t d_y_stride, const T* places, std::size_t places_stride,
                             T* d_x, std::size_t d_x_stride) {
  ForWindows(s, n, [&](std::size_t to, const Inside& in) HWY_ATTR {
    ForPlaces(s, in, [&](std::size_t from, std::size_t place) HWY_ATTR {
      ForChannels<T>(s.channels, [&](auto d, std::size_t c) HWY_ATTR {
        const auto here = hn::Eq(hn::LoadU(d, places + to * places_stride + c),
                                 hn::Set(d, static_cast<T>(place)));
        T* const sum = d_x + from * d_x_stride + c;
        const auto change = hn::IfThenElseZero(here, hn::LoadU(d, d_y + to * d_y_stride + c));
        hn::StoreU(hn::Add(hn::LoadU(d, sum), change), d, sum);
      });
    });
  });
}

template <typename T>
HWY_INLINE void AveragePool(const Pool2dShape& s, std::size_t n, const T* x, std::size_t x_stride,
                            T beta, T* y, std::size_t y_stride) {
  const T pixels = static_cast<T>(s.window_height * s.window_width);
  ForWindows(s, n, [&](std::size_t to, const Inside& in) HWY_ATTR {
    ForChannels<T>(s.channels, [&](auto d, std::size_t c) HWY_ATTR {
      auto sum = hn::Zero(d);
      ForPlaces(s, in, [&](std::size_t from, std::size_t) HWY_ATTR {
        sum = hn::Add(sum, hn::LoadU(d, x + from * x_stride + c));
      });
      T* const out = y + to * y_stride + c;
      const auto mean = hn::Div(sum, hn::Set(d, pixels));
      hn::StoreU(beta == T{0} ? mean : hn::Add(hn::LoadU(d, out), mean), d, out);
    });
  });
}

template <typename T>
HWY_INLINE void AveragePoolInput(const Pool2dShape& s, std::size_t n, const T* d_y,
                                 std::size_t d_y_stride, T* d_x, std::size_t d_x_stride) {
  const T pixels = static_cast<T>(s.window_height * s.window_width);
  ForWindows(s, n, [&](std::size_t to, const Inside& in) HWY_ATTR {
    ForPlaces(s, in, [&](std::size_t from, std::size_t) HWY_ATTR {
      ForChannels<T>(s.channels, [&](auto d, std::size_t c) HWY_ATTR {
        T* const sum = d_x + from * d_x_stride + c;
        const auto share = hn::Div(hn::LoadU(d, d_y + to * d_y_stride + c), hn::Set(d, pixels));
        hn::StoreU(hn::Add(hn::LoadU(d, sum), share), d, sum);
      });
    });
  });
}

#define SURPLUS_POOL(T, NAME)                                                                     \
  void MaxPool##NAME(const Pool2dShape& s, std::size_t n, const T* x, std::size_t x_stride, T* y, \
                     std::size_t y_stride, T* places, std::size_t places_stride) {                \
    MaxPool(s, n, x, x_stride, y, y_stride, places, places_stride);                               \
  }                                                                                               \
  void MaxPoolInput##NAME(const Pool2dShape& s, std::size_t n, const T* d_y,                      \
                          std::size_t d_y_stride, const T* places, std::size_t places_stride,     \
                          T* d_x, std::size_t d_x_stride) {                                       \
    MaxPoolInput(s, n, d_y, d_y_stride, places, places_stride, d_x, d_x_stride);                  \
  }                                                                                               \
  void AveragePool##NAME(const Pool2dShape& s, std::size_t n, const T* x, std::size_t x_stride,   \
                         T beta, T* y, std::size_t y_stride) {                                    \
    AveragePool(s, n, x, x_stride, beta, y, y_stride);                                            \
  }                                                                                               \
  void AveragePoolInput##NAME(const Pool2dShape& s, std::size_t n, const T* d_y,                  \
                              std::size_t d_y_stride, T* d_x, std::size_t d_x_stride) {           \
    AveragePoolInput(s, n, d_y, d_y_stride, d_x, d_x_stride);                                     \
  }
SURPLUS_POOL(float, F32)
SURPLUS_POOL(double, F64)
#undef SURPLUS_POOL

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

#define SURPLUS_POOL(T, NAME)                                                                      \
  HWY_EXPORT(MaxPool##NAME);                                                                       \
  HWY_EXPORT(MaxPoolInput##NAME);                                                                  \
  HWY_EXPORT(AveragePool##NAME);                                                                   \
  HWY_EXPORT(AveragePoolInput##NAME);                                                              \
  void max_pool2d(const Pool2dShape& s, std::size_t n, const T* x, std::size_t x_stride, T* y,     \
                  std::size_t y_stride, T* places, std::size_t places_stride) {                    \
    HWY_DYNAMIC_DISPATCH(MaxPool##NAME)                                                            \
    (s, n, x, x_stride, y, y_stride, places, places_stride);                                       \
  }                                                                                                \
  void max_pool2d_input(const Pool2dShape& s, std::size_t n, const T* d_y, std::size_t d_y_stride, \
                        const T* places, std::size_t places_stride, T* d_x,                        \
                        std::size_t d_x_stride) {                                                  \
    HWY_DYNAMIC_DISPATCH(MaxPoolInput##NAME)                                                       \
    (s, n, d_y, d_y_stride, places, places_stride, d_x, d_x_stride);                               \
  }                                                                                                \
  void average_pool2d(const Pool2dShape& s, std::size_t n, const T* x, std::size_t x_stride,       \
                      T beta, T* y, std::size_t y_stride) {                                        \
    HWY_DYNAMIC_DISPATCH(AveragePool##NAME)(s, n, x, x_stride, beta, y, y_stride);                 \
  }                                                                                                \
  void average_pool2d_input(const Pool2dShape& s, std::size_t n, const T* d_y,                     \
                            std::size_t d_y_stride, T* d_x, std::size_t d_x_stride) {              \
    HWY_DYNAMIC_DISPATCH(AveragePoolInput##NAME)(s, n, d_y, d_y_stride, d_x, d_x_stride);          \
  }
SURPLUS_POOL(float, F32)
SURPLUS_POOL(double, F64)
#undef SURPLUS_POOL

}  // namespace surplus::kernels

#endif  // HWY_ONCE
