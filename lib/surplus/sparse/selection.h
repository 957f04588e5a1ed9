/// Numbers sorted and selected in linear time.
#ifndef SURPLUS_SPARSE_SELECTION_H_
#define SURPLUS_SPARSE_SELECTION_H_

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace surplus {

/// A magnitude and a number, ordered by the one and then by the other, as an integer.
template <typename T>
struct Ranked {
  __extension__ using Wide = unsigned __int128;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  using Key = std::conditional_t<sizeof(T) == 4, std::uint64_t, Wide>;

  static Key key(T value, std::uint32_t number) {
    return static_cast<Key>(std::bit_cast<Bits>(std::abs(value))) << 32 | number;
  }
};

/// The key that `rank` others are smaller than. All are different.
/// rank   below the number of keys
/// Cost   O(keys)
template <typename T>
typename Ranked<T>::Key key_of_rank(std::span<const typename Ranked<T>::Key> keys,
                                    std::size_t rank);

/// Leaves the `count` of `numbers`, which ascend, with the smallest |w|, the first of equals.
template <typename T>
void keep_smallest(std::vector<std::uint32_t>& numbers, std::span<const T> w, std::size_t count);

void sort_ascending(std::vector<std::uint32_t>& numbers);

/// Those of 0 ... size - 1 that are not in `excluded`; both ascend.
std::vector<std::uint32_t> complement(std::size_t size, std::span<const std::uint32_t> excluded);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SELECTION_H_
