/// Counter-based random numbers (Philox 4x32-10), passed by hand and split by name.
#ifndef SURPLUS_CORE_RNG_H_
#define SURPLUS_CORE_RNG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace surplus {

/// A stream of random numbers that is a pure function of the seed and of the names it was split
/// by: the same on every machine, SIMD target and number of threads. Copying copies the position.
///
/// A stream holds four sequences of its own, each with its own position: 64-bit words (which
/// bits(), uniform(), below(), permutation() and categorical() draw from), normals, float uniforms
/// and float normals. Drawing from one leaves the others alone, and drawing n numbers one by one,
/// in pieces or in one fill gives the same n numbers.
///
/// Source  Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : Rng(seed, 0) {}

  /// An independent stream of its own, which depends on this stream's seed and names and on
  /// `name`, not on how many numbers were drawn: rng.split("init").
  Rng split(std::string_view name) const;
  /// The same by number, for the i-th repetition, chunk or start.
  Rng split(std::uint64_t index) const;

  /// 64 random bits.
  std::uint64_t bits();
  /// Uniform on [0, 1), a multiple of 2^-53: the upper 53 of bits().
  double uniform();
  /// Standard normal.
  double normal();
  /// Uniform on 0 .. n - 1, without bias. Throws ArgumentError if n = 0.
  /// Source  Lemire (2019), Fast random integer generation in an interval
  std::uint64_t below(std::uint64_t n);

  /// Many at once, at the speed of the SIMD kernels and on all threads; floats are multiples of
  /// 2^-24.
  void fill_uniform(std::span<float> out);
  void fill_uniform(std::span<double> out);
  void fill_normal(std::span<float> out);
  void fill_normal(std::span<double> out);

  /// 0 .. n - 1 in random order (Fisher-Yates).
  std::vector<std::size_t> permutation(std::size_t n);
  /// An index drawn with probability weights[i] / sum. Throws ArgumentError if a weight is
  /// negative or not finite, or if none is positive.
  std::size_t categorical(std::span<const double> weights);

 private:
  // Some numbers of a sequence, from number `first` on: single draws are made this many at a time.
  template <typename T>
  struct Buffer {
    static constexpr std::size_t kSize = 32;
    std::uint64_t first = std::uint64_t{1} << 63;  // further than any sequence reaches
    std::array<T, kSize> numbers{};
    bool holds(std::uint64_t number) const { return number - first < kSize; }
  };

  Rng(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  std::uint64_t seed_;
  std::uint64_t stream_;
  // How many numbers each sequence has given: words, normals, float uniforms, float normals.
  std::array<std::uint64_t, 4> drawn_{};
  Buffer<std::uint64_t> words_;
  Buffer<double> normals_;
};

}  // namespace surplus

#endif  // SURPLUS_CORE_RNG_H_
