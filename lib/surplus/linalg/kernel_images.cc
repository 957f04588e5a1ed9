// The rows of what is done to images.
#include <algorithm>
#include <utility>

#include "kernels/batch_norm.h"
#include "kernels/conv2d.h"
#include "kernels/pool2d.h"
#include "surplus/linalg/kernel_routines.h"

namespace surplus::detail {
namespace {

using kernels::Conv2dShape;
using kernels::Pool2dShape;

// "8 of 32x32, 16-32, 3/2": images, channels, window / stride.
std::string shape_of(std::size_t n, std::size_t height, std::size_t width,
                     const std::string& channels, std::size_t window, std::size_t stride) {
  return std::to_string(n) + " of " + std::to_string(height) + "x" + std::to_string(width) + ", " +
         channels + ", " + std::to_string(window) + "/" + std::to_string(stride);
}

enum class Part { kForward, kInput, kWeights };

// With the weights packed in the call: they change from step to step.
template <typename T>
KernelCall conv2d_call(const Conv2dShape& s, std::size_t n, Part part) {
  const std::size_t windows = n * s.out_height() * s.out_width();
  const std::size_t packed =
      std::max(kernels::conv2d_packed_size<T>(s), kernels::conv2d_packed_input_size<T>(s));
  return [=, x = numbers<T>(n * s.height * s.width, s.in), w = numbers<T>(s.out, s.depth()),
          y = numbers<T>(windows, s.out), copy = Matrix<T>(1, packed),
          scratch =
              Matrix<double>(1, kernels::conv2d_scratch_size(s) / sizeof(double) + 1)]() mutable {
    switch (part) {
      case Part::kForward:
        kernels::conv2d_pack(s, w.data(), s.depth(), copy.data());
        kernels::conv2d(s, n, x.data(), s.in, copy.data(), T{0}, y.data(), s.out, scratch.data());
        break;
      case Part::kInput:
        kernels::conv2d_pack_input(s, w.data(), s.depth(), copy.data());
        kernels::conv2d_input(s, n, y.data(), s.out, copy.data(), T{0}, x.data(), s.in,
                              scratch.data());
        break;
      case Part::kWeights:
        kernels::conv2d_weights(s, n, x.data(), s.in, y.data(), s.out, T{0}, w.data(), s.depth(),
                                scratch.data());
        break;
    }
  };
}

// Of ResNets: the first convolution, a narrow and a wide one, and one that halves the image.
constexpr std::pair<std::size_t, Conv2dShape> kConvolutions[] = {{8, {32, 32, 3, 64, 3, 1, 1}},
                                                                 {16, {32, 32, 16, 16, 3, 1, 1}},
                                                                 {8, {16, 16, 128, 128, 3, 1, 1}},
                                                                 {16, {32, 32, 16, 32, 3, 2, 1}}};

template <typename T>
void add_convolutions(KernelTable& table) {
  for (const auto& [part, name] : {std::pair{Part::kForward, "conv2d"},
                                   {Part::kInput, "conv2d_input"},
                                   {Part::kWeights, "conv2d_weights"}}) {
    for (const auto& [n, s] : kConvolutions) {
      const std::size_t windows = n * s.out_height() * s.out_width();
      const double bytes = as_double(
          (n * s.height * s.width * s.in + s.out * s.depth() + windows * s.out) * sizeof(T));
      table.push_back(
          {"layers", name, kType<T>,
           shape_of(n, s.height, s.width, std::to_string(s.in) + "-" + std::to_string(s.out),
                    s.window, s.stride),
           2 * as_double(windows * s.out) * as_double(s.depth()), bytes, bytes,
           KernelTraffic::kWrites,
           [part = part, n = n, s = s] { return conv2d_call<T>(s, n, part); }});
    }
  }
}

template <typename T>
void add_pooling(KernelTable& table) {
  constexpr std::size_t kImages = 8;
  const auto add = [&](const char* name, const Pool2dShape& s, std::size_t numbers_moved,
                       std::size_t numbers_held, KernelTraffic traffic, const auto& pool) {
    const std::size_t pixels = kImages * s.height * s.width,
                      windows = kImages * s.out_height() * s.out_width();
    table.push_back({"layers", name, kType<T>,
                     shape_of(kImages, s.height, s.width, std::to_string(s.channels),
                              s.window_height, s.stride),
                     as_double(windows * s.channels * s.window_height * s.window_width),
                     as_double(numbers_moved * sizeof(T)), as_double(numbers_held * sizeof(T)),
                     traffic, [=]() -> KernelCall {
                       return [=, x = numbers<T>(pixels, s.channels),
                               y = numbers<T>(windows, s.channels),
                               places = Matrix<T>(windows, s.channels)]() mutable {
                         pool(s, x.data(), y.data(), places.data());
                       };
                     }});
  };
  const Pool2dShape halved{32, 32, 64, 2, 2, 2, 0}, whole{4, 4, 512, 4, 4, 1, 0};
  const auto sizes = [](const Pool2dShape& s) {
    return std::pair{kImages * s.height * s.width * s.channels,
                     kImages * s.out_height() * s.out_width() * s.channels};
  };
  const auto [x, y] = sizes(halved);
  add("max_pool2d", halved, x + 2 * y, x + 2 * y, KernelTraffic::kWrites,
      [](const Pool2dShape& s, T* from, T* to, T* places) {
        kernels::max_pool2d(s, kImages, from, s.channels, to, s.channels, places, s.channels);
      });
  add("max_pool2d_input", halved, 2 * x + 2 * y, x + 2 * y, KernelTraffic::kUpdates,
      [](const Pool2dShape& s, T* to, T* from, T* places) {
        kernels::max_pool2d_input(s, kImages, from, s.channels, places, s.channels, to, s.channels);
      });
  for (const Pool2dShape& shape : {halved, whole}) {
    const auto [pixels, windows] = sizes(shape);
    add("average_pool2d", shape, pixels + windows, pixels + windows, KernelTraffic::kWrites,
        [](const Pool2dShape& s, T* from, T* to, T*) {
          kernels::average_pool2d(s, kImages, from, s.channels, T{0}, to, s.channels);
        });
    add("average_pool2d_input", shape, 2 * pixels + windows, pixels + windows,
        KernelTraffic::kUpdates, [](const Pool2dShape& s, T* to, T* from, T*) {
          kernels::average_pool2d_input(s, kImages, from, s.channels, to, s.channels);
        });
  }
}

// Pixels and channels that stay in the second cache, and those of 128 images.
constexpr std::pair<std::size_t, std::size_t> kNormalized[] = {{256, 64}, {131072, 16}};

// The variables of a layer: mean, scale and shift, followed by offset and slope.
template <typename T>
kernels::BatchNormColumns<T> columns_of(const T* c, std::size_t n) {
  return {c, c + n, c + 2 * n, true};
}

template <typename T>
void add_batch_norm(KernelTable& table) {
  using Apply = void (*)(std::size_t, std::size_t, const T*, T*, const T*, double*);
  struct Row {
    const char* name;
    double flops, moved, matrices;  // per element
    KernelTraffic traffic;
    Apply apply;
  };
  const Row rows[] = {
      {"column_moments", 4, 1, 1, KernelTraffic::kReads,
       [](std::size_t m, std::size_t n, const T* x, T*, const T*, double* sums) {
         kernels::column_moments(m, n, x, n, sums, sums + n);
       }},
      {"batch_norm", 2, 2, 2, KernelTraffic::kWrites,
       [](std::size_t m, std::size_t n, const T* x, T* y, const T* c, double*) {
         kernels::batch_norm(m, n, x, n, columns_of(c, n), y, n);
       }},
      {"batch_norm_sums", 5, 2, 2, KernelTraffic::kReads,
       [](std::size_t m, std::size_t n, const T* x, T* y, const T* c, double* sums) {
         kernels::batch_norm_sums(m, n, x, n, columns_of(c, n), y, n, sums, sums + n);
       }},
      {"batch_norm_input", 6, 3, 2, KernelTraffic::kUpdates,
       [](std::size_t m, std::size_t n, const T* x, T* y, const T* c, double*) {
         kernels::batch_norm_input(m, n, x, n, columns_of(c, n), y, n, c + 3 * n, c + 4 * n, T{0},
                                   y, n);
       }}};
  for (const Row& row : rows) {
    for (const auto& [m, n] : kNormalized) {
      const double elements = as_double(m * n);
      table.push_back({"layers", row.name, kType<T>, detail::shape_of(m, n), row.flops * elements,
                       row.moved * elements * sizeof(T), row.matrices * elements * sizeof(T),
                       row.traffic, [m = m, n = n, apply = row.apply]() -> KernelCall {
                         return
                             [=, x = numbers<T>(m, n), y = numbers<T>(m, n),
                              c = Matrix<T>(5, n, T(0.5)), sums = Matrix<double>(2, n)]() mutable {
                               apply(m, n, x.data(), y.data(), c.data(), sums.data());
                             };
                       }});
    }
  }
}

}  // namespace

template <typename T>
void add_images(KernelTable& table) {
  add_convolutions<T>(table);
  add_pooling<T>(table);
  add_batch_norm<T>(table);
}

template void add_images<float>(KernelTable&);
template void add_images<double>(KernelTable&);

}  // namespace surplus::detail
