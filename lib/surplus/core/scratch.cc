#include "surplus/core/scratch.h"

#include "surplus/core/matrix.h"

namespace surplus {

void* thread_scratch(std::size_t bytes) {
  thread_local Matrix<double> scratch;
  if (scratch.size() * sizeof(double) < bytes) {
    scratch = Matrix<double>(1, bytes / sizeof(double) + 1);
  }
  return scratch.data();
}

}  // namespace surplus
