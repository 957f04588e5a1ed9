/// How fast the numeric kernels run on this machine, and how fast they could: the roofline.
#ifndef SURPLUS_LINALG_KERNEL_PROFILE_H_
#define SURPLUS_LINALG_KERNEL_PROFILE_H_

#include <cstddef>
#include <functional>
#include <optional>
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

struct KernelProfileConfig {
  std::string filter{};     ///< only routines with this text in "routine type shape", in any case
  std::size_t threads = 1;  ///< copies that run at once, each on operands of its own
  std::size_t repeats = 7;  ///< timed runs of each routine, of which the median counts
  double seconds = 0.01;    ///< that each timed run lasts at least
  double patience = 0.5;    ///< seconds for a routine after which 3 repeats are enough
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
  std::optional<double> times_openblas = {};  ///< how many times as fast as OpenBLAS, if it has it
};

/// Measures the limits of this machine.
///
/// config  `threads` matters alone
/// Throws  ArgumentError if threads is 0 or above the number of cores
/// Cost    a few seconds; memory of twice the largest cache, at least 64 and at most 512 MiB
MachineLimits measure_machine(const KernelProfileConfig& config = {});

/// How many routines profile_kernels() would time. Throws as it does for a bad `config`.
std::size_t count_kernel_routines(const KernelProfileConfig& config = {});

/// Called after each routine; false ends the profile after it.
using KernelObserver = std::function<bool(const KernelRate&)>;

/// Times every routine of the table in kernel_routines.cc that the filter lets through, in turn
/// with OpenBLAS at the same work where it has the routine. Each is held against the peak and
/// against the bandwidth of a probe with as many bytes of operands: reading for a routine that only
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
