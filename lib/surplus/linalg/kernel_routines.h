/// The table of routines that kernel_profile.h times.
#ifndef SURPLUS_LINALG_KERNEL_ROUTINES_H_
#define SURPLUS_LINALG_KERNEL_ROUTINES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace surplus::detail {

/// One call of a routine, with the operands it owns.
using KernelCall = std::function<void()>;

/// Which bandwidth a routine is held against.
enum class KernelTraffic {
  kReads,    ///< writes no more than a number per row: that of reading
  kWrites,   ///< fills other memory than it reads: the triad's, which has to fetch it first as well
  kUpdates,  ///< writes where it has read: the better of the two
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
  std::function<KernelCall()> make_openblas = {};  ///< the same work there; empty if there is none
};

std::vector<KernelRoutine> kernel_routines();

}  // namespace surplus::detail

#endif  // SURPLUS_LINALG_KERNEL_ROUTINES_H_
