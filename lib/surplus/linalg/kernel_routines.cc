#include "surplus/linalg/kernel_routines.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "kernels/activation.h"
#include "kernels/gaussian.h"
#include "kernels/itml.h"
#include "kernels/philox.h"
#include "kernels/reduce.h"
#include "kernels/softmax_cross_entropy.h"
#include "kernels/sparse.h"
#include "kernels/sparse_noise.h"
#include "kernels/update.h"
#include "kernels/vector_math.h"
#include "surplus/core/matrix.h"

namespace surplus::detail {
namespace {

// Operations of our e^x per element, of kernels/vector_math.h.
template <typename T>
constexpr double kExp = kIsFloat<T> ? 16 : 20;

// Sizes of the elementwise routines: operands within L1, and 64 MiB.
constexpr std::size_t kFewBytes = std::size_t{16} << 10;
constexpr std::size_t kManyBytes = std::size_t{64} << 20;

template <typename T>
void add_elementwise(KernelTable& table) {
  struct Row {
    const char* name;
    double flops;  // per element
    void (*apply)(std::size_t, const T*, T*);
  };
  const double divides = kIsFloat<T> ? 20 : 25;
  const Row rows[] = {{"exp", kExp<T>, kernels::vector_exp},
                      {"log", kIsFloat<T> ? 22.0 : 25.0, kernels::vector_log},
                      {"tanh", divides, kernels::vector_tanh},
                      {"sigmoid", divides, kernels::vector_sigmoid},
                      {"sin", kIsFloat<T> ? 30.0 : 35.0, kernels::vector_sin},
                      {"cos", kIsFloat<T> ? 30.0 : 35.0, kernels::vector_cos}};
  for (const Row& row : rows) {
    for (const std::size_t total : {kFewBytes, kManyBytes}) {
      const std::size_t n = total / 2 / sizeof(T);
      const auto bytes = as_double(total);
      table.push_back({"elementwise", row.name, kType<T>, std::to_string(n),
                       row.flops * as_double(n), bytes, bytes, KernelTraffic::kWrites,
                       [n, apply = row.apply] {
                         return [=, x = numbers<T>(1, n), y = Matrix<T>(1, n)]() mutable {
                           apply(n, x.data(), y.data());
                         };
                       }});
    }
  }
}

// Scores of batches of two sizes, and 32 MiB.
constexpr std::pair<std::size_t, std::size_t> kRowShapes[] = {{128, 10}, {128, 1000}, {16384, 512}};

template <typename T>
void add_row_reductions(KernelTable& table) {
  struct Row {
    const char* name;
    double flops;  // per element
    void (*apply)(std::size_t, std::size_t, const T*, std::size_t, T*);
  };
  const Row rows[] = {{"row_sum", 1, kernels::row_sum},
                      {"row_max", 2, kernels::row_max},
                      {"row_log_sum_exp", kExp<T> + 3, kernels::row_log_sum_exp}};
  for (const Row& row : rows) {
    for (const auto& [m, n] : kRowShapes) {
      const double bytes = as_double((m * n + m) * sizeof(T));
      table.push_back({"rows", row.name, kType<T>, shape_of(m, n), row.flops * as_double(m * n),
                       bytes, bytes, KernelTraffic::kReads, [m = m, n = n, apply = row.apply] {
                         return [=, x = numbers<T>(m, n), out = Matrix<T>(1, m)]() mutable {
                           apply(m, n, x.data(), n, out.data());
                         };
                       }});
    }
  }
}

template <typename T>
void add_softmax(KernelTable& table) {
  for (const auto& [m, n] : kRowShapes) {
    const double bytes = 2 * as_double(m * n) * sizeof(T);
    table.push_back({"rows", "row_softmax", kType<T>, shape_of(m, n),
                     (kExp<T> + 4) * as_double(m * n), bytes, bytes, KernelTraffic::kWrites,
                     [m = m, n = n] {
                       return [=, x = numbers<T>(m, n), y = Matrix<T>(m, n)]() mutable {
                         kernels::row_softmax(m, n, x.data(), n, y.data(), n);
                       };
                     }});
  }
  for (const auto& [m, n] : kRowShapes) {
    const double bytes = 2 * as_double(m * n) * sizeof(T);
    table.push_back(
        {"rows", "softmax_cross_entropy", kType<T>, shape_of(m, n),
         (kExp<T> + 5) * as_double(m * n), bytes, bytes, KernelTraffic::kWrites, [m = m, n = n] {
           return [=, x = numbers<T>(m, n), y = std::vector<std::size_t>(m, n / 2),
                   losses = Matrix<T>(1, m), d_x = Matrix<T>(m, n)]() mutable {
             kernels::softmax_cross_entropy(m, n, x.data(), n, y.data(), T{1} / static_cast<T>(m),
                                            losses.data(), d_x.data(), n);
           };
         }});
  }
}

// The hidden layer of a net, and 64 MiB of float in and out.
constexpr std::pair<std::size_t, std::size_t> kLayerShapes[] = {{128, 1024}, {16384, 512}};

template <typename T>
void add_layers(KernelTable& table) {
  using kernels::Activation;
  struct Row {
    const char* name;
    Activation f;
    double forward, backward;  // flop per element
  };
  const Row rows[] = {{"identity", Activation::kIdentity, 1, 1},
                      {"relu", Activation::kRelu, 2, 2},
                      {"tanh", Activation::kTanh, 25, 3},
                      {"sigmoid", Activation::kSigmoid, 25, 3},
                      {"gelu", Activation::kGelu, 30, 45}};
  for (const Row& row : rows) {
    for (const auto& [m, n] : kLayerShapes) {
      const double bytes = 2 * as_double(m * n) * sizeof(T);
      table.push_back({"layers", std::string("bias_activation ") + row.name, kType<T>,
                       shape_of(m, n), row.forward * as_double(m * n), bytes, bytes,
                       KernelTraffic::kWrites, [m = m, n = n, f = row.f] {
                         return [=, x = numbers<T>(m, n), bias = numbers<T>(1, n),
                                 y = Matrix<T>(m, n)]() mutable {
                           kernels::bias_activation(f, m, n, x.data(), n, bias.data(), y.data(), n);
                         };
                       }});
    }
  }
  for (const Row& row : rows) {
    for (const auto& [m, n] : kLayerShapes) {
      const double bytes = 3 * as_double(m * n) * sizeof(T);
      table.push_back(
          {"layers", std::string("backward ") + row.name, kType<T>, shape_of(m, n),
           row.backward * as_double(m * n), bytes, bytes, KernelTraffic::kWrites,
           [m = m, n = n, f = row.f] {
             return [=, stash = numbers<T>(m, n), bias = numbers<T>(1, n), d_y = numbers<T>(m, n),
                     d_x = Matrix<T>(m, n), d_bias = Matrix<T>(1, n)]() mutable {
               kernels::activation_backward(f, m, n, stash.data(), n, bias.data(), d_y.data(), n,
                                            d_x.data(), n, d_bias.data());
             };
           }});
    }
  }
  for (const auto& [m, n] : kLayerShapes) {
    const double bytes = 2 * as_double(m * n) * sizeof(T);
    table.push_back({"layers", "fourier_features", kType<T>, shape_of(m, n), 32 * as_double(m * n),
                     bytes, bytes, KernelTraffic::kWrites, [m = m, n = n] {
                       return [=, x = numbers<T>(m, n), phase = numbers<T>(1, n),
                               y = Matrix<T>(m, n)]() mutable {
                         kernels::fourier_features(m, n, x.data(), n, phase.data(), T(0.05),
                                                   y.data(), n);
                       };
                     }});
  }
}

template <typename T>
void add_updates(KernelTable& table) {
  // Of a step: the parameters, their gradient, and up to two running means. The factors keep all of
  // them within their range for ever.
  using Apply = void (*)(std::size_t, const T*, T*, T*, T*);
  struct Row {
    const char* name;
    double flops, moved, arrays;  // per parameter
    Apply apply;
  };
  static constexpr T kRate = T(1e-3), kMomentum = T(0.9), kDecay = T(1e-2);
  const Row rows[] = {
      {"sgd_update", 4, 3, 2,
       [](std::size_t n, const T* d_w, T* w, T*, T*) {
         kernels::sgd_update(n, kRate, kDecay, d_w, w);
       }},
      {"momentum_update", 6, 5, 3,
       [](std::size_t n, const T* d_w, T* w, T* velocity, T*) {
         kernels::momentum_update(n, kRate, kMomentum, kDecay, d_w, velocity, w);
       }},
      {"nesterov_update", 8, 5, 3,
       [](std::size_t n, const T* d_w, T* w, T* velocity, T*) {
         kernels::nesterov_update(n, kRate, kMomentum, kDecay, d_w, velocity, w);
       }},
      {"adam_update", 14, 7, 4, [](std::size_t n, const T* d_w, T* w, T* mean, T* mean_square) {
         const kernels::AdamStep<T> step = {kRate, kMomentum, T(0.999), T(1e-8),
                                            T{1},  kDecay,    T{1}};
         kernels::adam_update(n, step, d_w, mean, mean_square, w);
       }}};
  for (const Row& row : rows) {
    for (const std::size_t total : {kFewBytes, kManyBytes}) {
      const auto n = static_cast<std::size_t>(as_double(total) / row.arrays / sizeof(T));
      const double element = as_double(n) * sizeof(T);
      table.push_back({"updates", row.name, kType<T>, std::to_string(n), row.flops * as_double(n),
                       row.moved * element, row.arrays * element, KernelTraffic::kUpdates,
                       [n, apply = row.apply, arrays = row.arrays] {
                         return [=, d_w = numbers<T>(1, n), w = numbers<T>(1, n),
                                 mean = Matrix<T>(1, arrays > 2 ? n : 0),
                                 mean_square = Matrix<T>(1, arrays > 3 ? n : 0)]() mutable {
                           apply(n, d_w.data(), w.data(), mean.data(), mean_square.data());
                         };
                       }});
    }
  }
}

template <typename T>
void add_philox(KernelTable& table) {
  using Fill = void (*)(std::uint64_t, std::uint64_t, std::uint64_t, std::size_t, T*);
  const std::pair<const char*, Fill> rows[] = {{"philox_uniform", kernels::philox_uniform},
                                               {"philox_normal", kernels::philox_normal}};
  for (const auto& [name, fill] : rows) {
    for (const std::size_t total : {kFewBytes, kManyBytes}) {
      const std::size_t n = total / sizeof(T);
      const auto bytes = as_double(total);
      table.push_back({"random numbers", name, kType<T>, std::to_string(n), 0, bytes, bytes,
                       KernelTraffic::kWrites, [n, fill = fill] {
                         return
                             [=, out = Matrix<T>(1, n)]() mutable { fill(7, 0, 0, n, out.data()); };
                       }});
    }
  }
}

using Covariance = kernels::GaussianModel::Covariance;

// Gaussians that overlap, so that no responsibility is negligible; the sums of one pass.
KernelCall gaussian_call(Covariance covariance, std::size_t n, std::size_t d, std::size_t k) {
  const std::size_t triangle = d * (d + 1) / 2;
  return [=, x = numbers<double>(n, d), centre = Matrix<double>(1, d, 0.5),
          means = numbers<double>(k, d), factors = Matrix<double>(k, triangle, 0.01),
          log_scales = Matrix<double>(1, k, -1), log_likelihood = 0.0, mass = Matrix<double>(1, k),
          first = Matrix<double>(k, d), second = Matrix<double>(k, triangle),
          scratch = Matrix<double>()]() mutable {
    const kernels::GaussianModel model = {
        covariance, k, d, centre.data(), means.data(), factors.data(), log_scales.data()};
    if (scratch.empty()) scratch = Matrix<double>(1, kernels::gaussian_scratch_size(model));
    kernels::gaussian_pass(model, n, x.data(), d, nullptr,
                           {&log_likelihood, mass.data(), first.data(), second.data()}, {},
                           scratch.data());
  };
}

void add_gaussian(KernelTable& table) {
  struct Row {
    const char* name;
    Covariance covariance;
    double multiply_adds;  // per row and component
  };
  constexpr std::size_t n = 8192, d = 16, k = 8;
  const Row rows[] = {{"gaussian_pass full", Covariance::kFull, d * d},
                      {"gaussian_pass tied", Covariance::kTied, 2 * d + double{d * d} / k},
                      {"gaussian_pass diagonal", Covariance::kDiagonal, 6 * d},
                      {"gaussian_pass spherical", Covariance::kSpherical, 6 * d}};
  for (const Row& row : rows) {
    constexpr double bytes = n * d * sizeof(double);
    table.push_back({"solvers", row.name, "double", shape_of(n, d) + " x " + std::to_string(k),
                     n * k * (2 * row.multiply_adds + kExp<double>), bytes, bytes,
                     KernelTraffic::kReads,
                     [covariance = row.covariance] { return gaussian_call(covariance, n, d, k); }});
  }
}

// One sweep over all pairs from the identity on, so that every call does the same work.
KernelCall itml_call(std::size_t pairs, std::size_t points, std::size_t d) {
  const std::size_t stride = kernels::itml_stride(d);
  std::vector<std::uint32_t> first, second;
  std::vector<std::uint8_t> similar;
  for (std::size_t i = 0; i < pairs; ++i) {
    first.push_back(static_cast<std::uint32_t>(i % points));
    second.push_back(static_cast<std::uint32_t>((i * 7 + 1) % points));
    similar.push_back(i % 2);
  }
  return [=, x = numbers<double>(points, d), first = std::move(first), second = std::move(second),
          similar = std::move(similar), a = Matrix<double>(d, stride),
          lambda = std::vector<double>(pairs),
          scratch = Matrix<double>(kernels::kItmlScratch, stride)]() mutable {
    for (double& value : a.values()) value = 0;
    for (std::size_t i = 0; i < d; ++i) a(i, i) = 1;
    for (double& value : lambda) value = 0;
    kernels::itml_sweep(d, x.data(), d, {pairs, first.data(), second.data(), similar.data()},
                        {0.05 * as_double(d), 0.3 * as_double(d), 1, 1e-18}, lambda.data(),
                        a.data(), scratch.data());
  };
}

void add_itml(KernelTable& table) {
  constexpr std::size_t kPairs = 2000, kPoints = 200;
  for (const std::size_t d : {4u, 9u, 30u}) {
    const auto entries = as_double(d * d);
    const double footprint = sizeof(double) * as_double(kPoints * d + kPairs) + 9.0 * kPairs;
    table.push_back({"solvers", "itml_sweep", "double", shape_of(kPairs, d), 4 * entries * kPairs,
                     2 * entries * kPairs * sizeof(double) / kernels::kItmlBlock, footprint,
                     KernelTraffic::kUpdates, [d] { return itml_call(kPairs, kPoints, d); }});
  }
}

// 1000 x 784 places, one in `every`, and a batch of 128 examples in tiles of 32.
auto sparse_call(bool forward, std::size_t every) {
  constexpr std::size_t m = 1000, n = 784, tiles = 4, width = 32;
  std::vector<std::uint32_t> start{0}, col;
  for (std::uint32_t at = 0; at < m * n; ++at) {
    const std::uint32_t scattered = at * 2654435761u;  // the same in each run
    if (scattered % every == 0) col.push_back(at % n);
    if (at % n == n - 1) start.push_back(static_cast<std::uint32_t>(col.size()));
  }
  return [=, values = numbers<float>(1, col.size()), x = numbers<float>(tiles * n, width),
          y = numbers<float>(tiles * m, width), d = Matrix<float>(1, col.size())]() mutable {
    const kernels::SparseRows w{m, n, start.data(), start.data() + 1, col.data()};
    if (forward) {
      kernels::spmm(w, values.data(), 0, m, tiles, width, x.data(), width, nullptr, true, y.data(),
                    width);
    } else {
      kernels::sddmm(w, 0, m, tiles, width, y.data(), width, x.data(), width, false, 0, d.data());
    }
  };
}

void add_sparse(KernelTable& table) {
  constexpr double elements = 1000 * 784, batch = 128;
  for (const bool forward : {true, false}) {
    for (const std::size_t every : {10u, 50u}) {
      const double places = elements / as_double(every);
      const double bytes = 8 * places + 4 * batch * (1000 + 784);
      table.push_back({"layers", forward ? "spmm relu" : "sddmm", "float",
                       "1000 x 784 / " + std::to_string(every) + " x 128", 2 * places * batch,
                       bytes, bytes, KernelTraffic::kWrites,
                       [=] { return sparse_call(forward, every); }});
    }
  }
}

// Steps so short that the variables stay in range for ever.
KernelCall sparse_noise_call(std::size_t steps, std::size_t r, std::size_t n) {
  return [=, b = numbers<double>(r, n), y = numbers<double>(1, n), mu = Matrix<double>(1, n),
          u = Matrix<double>(1, n, 0.1), v = Matrix<double>(1, n, 0.1), s = Matrix<double>(1, n),
          scratch = Matrix<double>(1, kernels::sparse_noise_scratch_size(r, n))]() mutable {
    kernels::sparse_noise_descent({r, n, b.data(), n, y.data(), 1e-6, 1e-6, 1e-6}, 0, steps,
                                  mu.data(), u.data(), v.data(), s.data(), scratch.data());
  };
}

// Of the study's sizes: a step reads the factors and six vectors, and writes four.
void add_sparse_noise(KernelTable& table) {
  constexpr std::size_t kSteps = 50, kSamples = 100;
  for (const std::size_t r : {10u, 50u}) {
    const double entries = as_double(r * kSamples), footprint = 8 * (entries + 6 * kSamples);
    table.push_back({"solvers", "sparse_noise_descent", "double", shape_of(r, kSamples),
                     kSteps * (4 * entries + 12 * kSamples), kSteps * (footprint + 32 * kSamples),
                     footprint, KernelTraffic::kUpdates,
                     [r] { return sparse_noise_call(kSteps, r, kSamples); }});
  }
}

}  // namespace

KernelTable kernel_routines(const std::vector<ProductRival>& rivals) {
  KernelTable table;
  add_products<float>(table, rivals);
  add_products<double>(table, rivals);
  add_elementwise<float>(table);
  add_elementwise<double>(table);
  add_row_reductions<float>(table);
  add_softmax<float>(table);
  add_row_reductions<double>(table);
  add_softmax<double>(table);
  add_layers<float>(table);
  add_layers<double>(table);
  add_sparse(table);
  add_images<float>(table);
  add_images<double>(table);
  add_updates<float>(table);
  add_updates<double>(table);
  add_philox<float>(table);
  add_philox<double>(table);
  add_gaussian(table);
  add_itml(table);
  add_sparse_noise(table);
  return table;
}

}  // namespace surplus::detail
