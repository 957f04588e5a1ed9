#include "surplus/autodiff/ops/dropout.h"

#include <algorithm>
#include <cstdint>

#include "kernels/philox.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

struct Mask {
  std::uint64_t key;
  float rate;
};

// to += mask from / (1 - rate).
template <typename T>
void add_masked(const Mask& mask, MatrixView<const T> from, MatrixView<T> to) {
  const T scale = 1 / (1 - static_cast<T>(mask.rate));
  for_rows(from.shape(), [&](std::size_t begin, std::size_t end) {
    constexpr std::size_t kPiece = 256;
    float uniform[kPiece];  // for doubles too, so that both have one mask
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < from.cols(); j += kPiece) {
        const std::size_t n = std::min(kPiece, from.cols() - j);
        kernels::philox_uniform(mask.key, 0, i * from.cols() + j, n, uniform);
        const T* const x = from.row(i).data() + j;
        T* const sum = to.row(i).data() + j;
        for (std::size_t l = 0; l < n; ++l) sum[l] += uniform[l] < mask.rate ? T{0} : scale * x[l];
      }
    }
  });
}

template <typename T>
void push(Step<T>& step) {
  add_masked(step.template data<Mask>(), step.t_x(0), step.t_y());
}

template <typename T>
void pull(Step<T>& step) {
  if (step.wants(0)) add_masked(step.template data<Mask>(), step.d_y(), step.d_x(0));
}

template <typename T>
constexpr Op<T> kDropout{"dropout", push<T>, pull<T>, nullptr, Rows::kOfFirst};

}  // namespace

template <typename T>
Var<T> dropout(const Var<T>& x, double rate, Rng& rng) {
  Tape<T>& tape = common_tape("dropout", {x});
  SURPLUS_REQUIRE(rate >= 0 && static_cast<float>(rate) < 1, ArgumentError, "dropout",
                  "rate must be at least 0 and below 1", "rate", rate);
  const Mask mask{rng.bits(), static_cast<float>(rate)};
  const auto [var, y] = tape.record(kDropout<T>, {x}, x.shape(), mask);
  for_elements([](T& to) { to = 0; }, y);
  add_masked(mask, x.value(), y);
  return var;
}

template Var<float> dropout(const Var<float>&, double, Rng&);
template Var<double> dropout(const Var<double>&, double, Rng&);

}  // namespace surplus::ad
