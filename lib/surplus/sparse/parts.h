/// One matrix of a bundle, as the run of elements that it is.
#ifndef SURPLUS_SPARSE_PARTS_H_
#define SURPLUS_SPARSE_PARTS_H_

#include <cstddef>
#include <span>

#include "surplus/nn/parameters.h"

namespace surplus {

/// The elements of matrix `matrix`, in an array of the bundle's size.
template <typename T, typename U>
std::span<U> part_of(const Parameters<T>& bundle, std::size_t matrix, std::span<U> array) {
  const Shape shape = bundle.layout()[matrix].shape;
  return array.subspan(bundle.offset(matrix), shape.rows * shape.cols);
}
/// In the bundle itself, constant or not.
template <typename Bundle>
auto part_of(Bundle& bundle, std::size_t matrix) {
  return part_of(bundle, matrix, bundle.flat());
}

}  // namespace surplus

#endif  // SURPLUS_SPARSE_PARTS_H_
