#include "surplus/noise/sparse_noise_instance.h"

#include <algorithm>
#include <cmath>

#include "surplus/core/errors.h"
#include "surplus/linalg/lstsq.h"
#include "surplus/linalg/matmul.h"

namespace surplus {

SparseNoiseInstance sparse_noise_instance(std::size_t n, std::size_t p, std::size_t r,
                                          std::size_t k, const Rng& rng) {
  SURPLUS_REQUIRE(r >= 1 && r <= std::min(n, p), ArgumentError, "sparse_noise_instance",
                  "r must be at least 1 and at most min(n, p)", "r", r, "n", n, "p", p);
  SURPLUS_REQUIRE(k <= n, ArgumentError, "sparse_noise_instance", "k must be at most n", "k", k,
                  "n", n);
  Matrix<double> a(n, r), b(r, p), normal(p, 1);
  rng.split("A").fill_normal(a.values());
  rng.split("B").fill_normal(b.values());
  rng.split("theta").fill_normal(normal.values());
  SparseNoiseInstance instance{Matrix<double>(n, p), {}, std::vector<double>(n), {}};
  matmul(a.view(), b.view(), instance.j.view(), {.alpha = 1 / std::sqrt(static_cast<double>(p))});

  // B' (B B')^-1 B of the normal vector, B having full rank with probability 1.
  const Matrix<double> along = matmul(b.view(), normal.view());
  const Lstsq<double> projection = lstsq(b, along);
  for (const double value : projection.x.values()) {
    instance.theta.push_back(value / projection.norm);
  }

  Rng support = rng.split("support"), sizes = rng.split("sizes");
  const std::vector<std::size_t> order = support.permutation(n);
  for (std::size_t i = 0; i < k; ++i) instance.s[order[i]] = sizes.normal();
  const Matrix<double> image =
      matmul(instance.j.view(), MatrixView<const double>(instance.theta.data(), p, 1));
  for (std::size_t i = 0; i < n; ++i) instance.y.push_back(image(i, 0) + instance.s[i]);
  return instance;
}

}  // namespace surplus
