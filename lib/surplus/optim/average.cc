#include "surplus/optim/average.h"

#include <algorithm>
#include <functional>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus {

template <typename T>
void add_to_average(std::span<const T> w, IterateAverage& average) {
  if (average.count == 0) average.mean = Matrix<double>(1, w.size());
  SURPLUS_REQUIRE(average.mean.size() == w.size(), ShapeError, "add_to_average",
                  "the average must be of as many parameters", "average", average.mean.size(),
                  "parameters", w.size());
  const double share = 1 / static_cast<double>(++average.count);
  double* const mean = average.mean.data();
  const Chunks chunks{w.size(), std::size_t{1} << 15};
  const auto task = [&](std::size_t chunk) {
    for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      mean[i] += (static_cast<double>(w[i]) - mean[i]) * share;
    }
  };
  parallel_for(chunks.count(), std::cref(task));
}

template void add_to_average(std::span<const float>, IterateAverage&);
template void add_to_average(std::span<const double>, IterateAverage&);

}  // namespace surplus
