/// The table of routines that kernel_profile.h times.
#ifndef SURPLUS_LINALG_KERNEL_ROUTINES_H_
#define SURPLUS_LINALG_KERNEL_ROUTINES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/linalg/kernel_profile.h"

namespace surplus::detail {

/// One call of a routine, with the operands it owns.
using KernelCall = std::function<void()>;

/// Which bandwidth a routine is held against.
enum class KernelTraffic {
  kReads,    ///< writes no more than a number per row: that of reading
  kWrites,   ///< fills other memory than it reads: the triad's, which has to fetch it first as well
  kUpdates,  ///< writes where it has read: the better of the two
};

/// The same work in another library.
struct KernelRival {
  std::string name;
  std::function<KernelCall()> make;
};

struct KernelRoutine {
  std::string family;
  std::string name;
  std::string type;  ///< "float" or "double"
  std::string shape;
  double flops;      ///< of one call, as the kernel's header counts them; 0 for work on integers
  double bytes;      ///< that one call reads and writes, as the kernel's header counts them
  double footprint;  ///< bytes of all operands
  KernelTraffic traffic;
  std::function<KernelCall()> make;
  std::vector<KernelRival> rivals = {};
  bool is_parallel = false;  ///< shares its work among threads by itself
};

using KernelTable = std::vector<KernelRoutine>;

/// All of them; `rivals` appear in the products, after OpenBLAS.
KernelTable kernel_routines(const std::vector<ProductRival>& rivals = {});

/// Those of kernel_products.cc, for float or double: products, and what is made of them.
template <typename T>
void add_products(KernelTable& table, const std::vector<ProductRival>& rivals);

/// Those of kernel_images.cc: convolutions, pooling and batch normalization.
template <typename T>
void add_images(KernelTable& table);

// What the rows of the table share.

template <typename T>
constexpr bool kIsFloat = std::is_same_v<T, float>;
template <typename T>
constexpr const char* kType = kIsFloat<T> ? "float" : "double";

inline double as_double(std::size_t n) { return static_cast<double>(n); }

inline std::string shape_of(std::size_t m, std::size_t n) {
  return std::to_string(m) + " x " + std::to_string(n);
}

/// Reproducible numbers in (0, 1]: in the domain of every routine.
template <typename T>
Matrix<T> numbers(std::size_t rows, std::size_t cols) {
  Matrix<T> x(rows, cols);
  std::size_t i = 0;
  for (T& value : x.values()) value = static_cast<T>(++i * 7919 % 1009 + 1) / T{1009};
  return x;
}

}  // namespace surplus::detail

#endif  // SURPLUS_LINALG_KERNEL_ROUTINES_H_
