/// How fast the numeric kernels run on this machine, and how fast they could: the roofline.
#ifndef SURPLUS_LINALG_KERNEL_PROFILE_H_
#define SURPLUS_LINALG_KERNEL_PROFILE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace surplus {

/// A cache or the main memory, and how many bytes per second the threads together move there.
struct MemoryLevel {
  std::string name;       ///< "L1", "L2", "L3", "memory"
  std::size_t bytes = 0;  ///< capacity, 0 for the main memory
  double read = 0;        ///< bytes/s of a pass that only reads
  double triad = 0;       ///< bytes/s of z = x + c y, each of the three arrays counted once
};

/// What no kernel can exceed on the SIMD target in use, all threads together: the best of many
/// short runs.
struct MachineLimits {
  double float_peak = 0;            ///< flop/s of multiply-adds in registers
  double double_peak = 0;           ///< the same in double
  std::vector<MemoryLevel> levels;  ///< the fastest first, the main memory last
};

/// A library to set beside surplus and OpenBLAS in the products: C = op(A) op(B), row-major and
/// without gaps; a and b say whether they are stored transposed. Null for a type it lacks.
struct ProductRival {
  std::string name{};
  void (*float_gemm)(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n,
                     std::size_t k, const float* a, const float* b, float* c) = nullptr;
  void (*double_gemm)(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n,
                      std::size_t k, const double* a, const double* b, double* c) = nullptr;
};

struct KernelProfileConfig {
  std::string filter{};     ///< only routines with this text in "routine type shape", in any case
  std::size_t threads = 1;  ///< copies that run at once, each on operands of its own
  std::size_t repeats = 9;  ///< timed runs of each routine, of which the median counts
  double seconds = 0.005;   ///< that each timed run lasts at least
  double patience = 0.25;   ///< seconds for a routine after which 3 repeats are enough
  std::vector<ProductRival> rivals{};  ///< besides OpenBLAS
};

/// How many times as fast as a rival at the same work.
struct KernelRatio {
  std::string rival;
  double times = 0;
};

/// One routine at one shape. Rates are those of all threads together.
struct KernelRate {
  std::string family;  ///< what the figures group by: "products", "elementwise", "rows" ...
  std::string routine;
  std::string type;        ///< "float" or "double"
  std::string shape;       ///< "512 x 512 x 512"
  double flops = 0;        ///< of one call; 0 for a routine that works on integers
  double bytes = 0;        ///< that one call must read and write at least
  double seconds = 0;      ///< of one call, the median
  double flop_rate = 0;    ///< flop/s
  double byte_rate = 0;    ///< bytes/s
  std::string bound = {};  ///< what limits it: "peak", or a level's name
  double share = 0;        ///< of what that limit allows; 1 is the roofline
  /// Of the cores it ran on, while it was timed: if well below 1, other programs disturbed it.
  double processor_share = 0;
  std::vector<KernelRatio> ratios = {};  ///< to OpenBLAS and others that have the routine
};

/// Measures the limits of this machine.
///
/// config  `threads` matters alone
/// Throws  ArgumentError if threads is 0 or above the number of cores
/// Cost    a few seconds; memory of twice the largest cache, at least 64 and at most 512 MiB
MachineLimits measure_machine(const KernelProfileConfig& config = {});

/// flop/s of multiply-adds in registers on the SIMD target in use, all threads together; T is float
/// or double.
/// Cost    0.15 s
template <typename T>
double measure_peak(std::size_t threads = 1);

/// bytes/s of all threads together, as in MemoryLevel.
struct Bandwidth {
  double read = 0, triad = 0;
};

/// With `bytes` per thread: in one array to read, in three for the triad.
/// Cost    `seconds` twice, and at least five runs
Bandwidth measure_bandwidth(std::size_t bytes, std::size_t threads = 1, double seconds = 0.15);

/// How many routines profile_kernels() would time. Throws as it does for a bad `config`.
std::size_t count_kernel_routines(const KernelProfileConfig& config = {});

/// Called after each routine; false ends the profile after it.
using KernelObserver = std::function<bool(const KernelRate&)>;

/// Times every routine of the table in kernel_routines.cc that the filter lets through, in turn
/// with OpenBLAS and the rivals of `config` at the same work where they have the routine. One that
/// shares its work among threads by itself runs once, on `threads` of them, and its rivals on one. Each is held against the peak and
/// against the bandwidth of a probe with about as many bytes of operands: reading for a routine that only
/// reads, the triad for one that fills memory, the better of them for one that updates in place.
///
/// limits  of measure_machine() with the same target and number of threads
/// Throws  ArgumentError as measure_machine(), for a filter that lets nothing through (with a list
///         of the routines), and for repeats or seconds that are not positive
/// Cost    about 0.2 s per routine; the wall clock is read, so no two results are alike
std::vector<KernelRate> profile_kernels(const KernelProfileConfig& config,
                                        const MachineLimits& limits,
                                        const KernelObserver& observer = {});

/// The processor whose code OpenBLAS runs, as it names it: "SkylakeX", "Haswell"; "Prescott", which
/// is slow, also stands for all that it does not know.
std::string openblas_core();

}  // namespace surplus

#endif  // SURPLUS_LINALG_KERNEL_PROFILE_H_
