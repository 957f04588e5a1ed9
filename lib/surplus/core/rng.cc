#include "surplus/core/rng.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kernels/philox.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus {
namespace {

enum Sequence : std::size_t { kWords, kNormals, kFloatUniforms, kFloatNormals };

// Numbers long enough to make to outweigh a task.
constexpr std::size_t kLeastChunk = 1u << 16;

// The number of a stream, as the kernels count them, at which a sequence starts: each has 2^60
// blocks of 16 bytes to itself.
template <typename T>
constexpr std::uint64_t start(Sequence sequence) {
  return (static_cast<std::uint64_t>(sequence) << 60) * (16 / sizeof(T));
}

// The finalizer of SplitMix64: a bijection in which each bit of the input moves all of the output.
// Source: Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xCBF29CE484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return value;
}

// Two odd constants keep the children by name and by number apart.
constexpr std::uint64_t kByName = 0x9E3779B97F4A7C15u, kByIndex = 0xD1B54A32D192ED03u;

// Numbers `first` to first + out.size() - 1 of the stream.
template <typename T, typename Kernel>
void fill(std::uint64_t first, std::span<T> out, const Kernel& kernel) {
  // One chunk for each thread: the kernels write a very long one past the caches.
  const Chunks chunks{out.size(), std::max(kLeastChunk, out.size() / thread_count() + 1)};
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    const std::size_t begin = chunks.begin(chunk);
    kernel(first + begin, chunks.end(chunk) - begin, out.data() + begin);
  });
}

}  // namespace

Rng Rng::split(std::string_view name) const {
  return {seed_, mixed(mixed(stream_ + kByName) + hash(name))};
}

Rng Rng::split(std::uint64_t index) const {
  return {seed_, mixed(mixed(stream_ + kByIndex) + index)};
}

std::uint64_t Rng::bits() {
  const std::uint64_t number = drawn_[kWords]++;
  if (!words_.holds(number)) {
    words_.first = number;
    kernels::philox_bits(seed_, stream_, start<std::uint64_t>(kWords) + number, words_.kSize,
                         words_.numbers.data());
  }
  return words_.numbers[number - words_.first];
}

double Rng::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

double Rng::normal() {
  const std::uint64_t number = drawn_[kNormals]++;
  if (!normals_.holds(number)) {
    normals_.first = number;
    kernels::philox_normal(seed_, stream_, start<double>(kNormals) + number, normals_.kSize,
                           normals_.numbers.data());
  }
  return normals_.numbers[number - normals_.first];
}

std::uint64_t Rng::below(std::uint64_t n) {
  SURPLUS_REQUIRE(n >= 1, ArgumentError, "Rng::below", "n must be at least 1", "n", n);
  // The product spreads the words over n intervals; the first 2^64 mod n words of each are one too
  // many and are drawn again.
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(bits()) * n;
  if (static_cast<std::uint64_t>(product) < n) {
    const std::uint64_t excess = (0 - n) % n;
    while (static_cast<std::uint64_t>(product) < excess) product = static_cast<Wide>(bits()) * n;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

void Rng::fill_uniform(std::span<float> out) {
  fill(start<float>(kFloatUniforms) + drawn_[kFloatUniforms], out,
       [this](auto... range) { kernels::philox_uniform(seed_, stream_, range...); });
  drawn_[kFloatUniforms] += out.size();
}

void Rng::fill_uniform(std::span<double> out) {
  fill(start<double>(kWords) + drawn_[kWords], out,
       [this](auto... range) { kernels::philox_uniform(seed_, stream_, range...); });
  drawn_[kWords] += out.size();
}

void Rng::fill_normal(std::span<float> out) {
  fill(start<float>(kFloatNormals) + drawn_[kFloatNormals], out,
       [this](auto... range) { kernels::philox_normal(seed_, stream_, range...); });
  drawn_[kFloatNormals] += out.size();
}

void Rng::fill_normal(std::span<double> out) {
  fill(start<double>(kNormals) + drawn_[kNormals], out,
       [this](auto... range) { kernels::philox_normal(seed_, stream_, range...); });
  drawn_[kNormals] += out.size();
}

std::vector<std::size_t> Rng::permutation(std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

std::size_t Rng::categorical(std::span<const double> weights) {
  double largest = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    SURPLUS_REQUIRE(std::isfinite(weights[i]) && weights[i] >= 0, ArgumentError, "Rng::categorical",
                    "weights must be finite and not negative", "index", i, "weight", weights[i]);
    largest = std::max(largest, weights[i]);
  }
  SURPLUS_REQUIRE(largest > 0, ArgumentError, "Rng::categorical",
                  "at least one weight must be positive", "weights", weights.size());
  // Divided by the largest, so that the sum of huge weights stays finite.
  double sum = 0;
  for (const double weight : weights) sum += weight / largest;
  double rest = uniform() * sum;
  std::size_t drawn = 0;
  // Rounding may leave some of `rest` beyond the last weight: then the last positive one is it.
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    drawn = i;
    rest -= weights[i] / largest;
    if (rest < 0) break;
  }
  return drawn;
}

}  // namespace surplus
