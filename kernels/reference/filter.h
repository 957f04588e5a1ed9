/// Which elements of a vector are large, one after the other.
#ifndef SURPLUS_KERNELS_REFERENCE_FILTER_H_
#define SURPLUS_KERNELS_REFERENCE_FILTER_H_

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace surplus::kernels::reference {

template <typename T>
std::size_t find_large(std::size_t n, const T* x, T bound, std::uint32_t* numbers) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(std::abs(x[i]) < bound)) numbers[found++] = static_cast<std::uint32_t>(i);
  }
  return found;
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_FILTER_H_
