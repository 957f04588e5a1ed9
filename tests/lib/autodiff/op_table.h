/// One row per op: all that the tests and benchmarks of ops need to know of it.
#ifndef SURPLUS_TESTS_LIB_AUTODIFF_OP_TABLE_H_
#define SURPLUS_TESTS_LIB_AUTODIFF_OP_TABLE_H_

#include <span>
#include <string>
#include <vector>

#include "surplus/autodiff/tape.h"

namespace surplus::ad::tests {

using Shapes = std::vector<Shape>;  // of the operands

/// T is float or double.
template <typename T>
struct OpRow {
  const char* name;           ///< of the function; with what varies in brackets
  std::vector<Shapes> cases;  ///< at least an ordinary one, 1 x 1 and empty ones
  double low, high;           ///< the range of the operands' elements
  double kink;                ///< where the derivative jumps, or outside of the range
  Var<T> (*apply)(std::span<const Var<T>> x);
  std::vector<std::pair<Shapes, std::string>> errors;  ///< operands it refuses, with the whole text
};

template <typename T>
const std::vector<OpRow<T>>& op_table();

}  // namespace surplus::ad::tests

#endif  // SURPLUS_TESTS_LIB_AUTODIFF_OP_TABLE_H_
