#include "surplus/autodiff/ops/mean_squared_error.h"

#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/unary.h"

namespace surplus::ad {

template <typename T>
Var<T> mean_squared_error(const Var<T>& x, const Var<T>& target) {
  constexpr const char* kName = "mean_squared_error";
  common_tape(kName, {x, target});
  SURPLUS_REQUIRE(x.shape() == target.shape() && !x.value().empty(), ShapeError, kName,
                  "x and target must have one shape and an element", "x", x.shape(), "target",
                  target.shape());
  return mean(square(sub(x, target)));
}

template Var<float> mean_squared_error(const Var<float>&, const Var<float>&);
template Var<double> mean_squared_error(const Var<double>&, const Var<double>&);

}  // namespace surplus::ad
