#include "surplus/sparse/selection.h"

#include <algorithm>
#include <array>
#include <utility>

namespace surplus {
namespace {

using Numbers = std::vector<std::uint32_t>;

constexpr std::size_t kDigitBits = 11, kDigits = std::size_t{1} << kDigitBits;
constexpr std::size_t kFewNumbers = 256;  // that are as fast sorted by comparisons

}  // namespace

template <typename T>
typename Ranked<T>::Key key_of_rank(std::span<const typename Ranked<T>::Key> keys,
                                    std::size_t rank) {
  // By the first bits of magnitudes: exponents and what follows. The sign is 0.
  constexpr std::size_t kBits = 12, kShift = 32 + 8 * sizeof(T) - 1 - kBits;
  const auto first_bits = [](auto key) { return static_cast<std::size_t>(key >> kShift); };
  std::array<std::uint32_t, std::size_t{1} << kBits> counts{};
  for (const auto key : keys) ++counts[first_bits(key)];
  std::size_t bits = 0;
  for (; rank >= counts[bits]; ++bits) rank -= counts[bits];
  std::vector<typename Ranked<T>::Key> some;
  some.reserve(counts[bits]);
  for (const auto key : keys) {
    if (first_bits(key) == bits) some.push_back(key);
  }
  const auto found = some.begin() + static_cast<std::ptrdiff_t>(rank);
  std::ranges::nth_element(some, found);
  return *found;
}

template <typename T>
void keep_smallest(Numbers& numbers, std::span<const T> w, std::size_t count) {
  if (count >= numbers.size()) return;
  if (count == 0) return numbers.clear();
  std::vector<typename Ranked<T>::Key> keys(numbers.size());
  std::ranges::transform(numbers, keys.begin(),
                         [w](std::uint32_t i) { return Ranked<T>::key(w[i], i); });
  const auto largest = key_of_rank<T>(keys, count - 1);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    numbers[kept] = numbers[i];
    kept += keys[i] <= largest ? 1 : 0;
  }
  numbers.resize(count);
}

void sort_ascending(Numbers& numbers) {
  if (numbers.size() < kFewNumbers) {
    std::ranges::sort(numbers);
    return;
  }
  const std::uint32_t most = *std::ranges::max_element(numbers);
  Numbers sorted(numbers.size());
  for (std::size_t shift = 0; shift < 32 && most >> shift != 0; shift += kDigitBits) {
    const auto digit = [shift](std::uint32_t number) { return number >> shift & (kDigits - 1); };
    std::array<std::uint32_t, kDigits> next{};
    for (const std::uint32_t number : numbers) ++next[digit(number)];
    std::uint32_t begin = 0;
    for (std::uint32_t& count : next) begin += std::exchange(count, begin);
    for (const std::uint32_t number : numbers) sorted[next[digit(number)]++] = number;
    numbers.swap(sorted);
  }
}

Numbers complement(std::size_t size, std::span<const std::uint32_t> excluded) {
  Numbers rest(size - excluded.size() + 1);
  std::size_t found = 0, next = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    rest[found] = i;
    const bool is_out = next < excluded.size() && excluded[next] == i;
    next += is_out ? 1 : 0;
    found += is_out ? 0 : 1;
  }
  rest.pop_back();
  return rest;
}

#define SURPLUS_INSTANTIATE(T)                                                          \
  template Ranked<T>::Key key_of_rank<T>(std::span<const Ranked<T>::Key>, std::size_t); \
  template void keep_smallest(Numbers&, std::span<const T>, std::size_t);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
