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
/// Source  Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  /// An independent stream of its own, which depends on this stream's seed and names and on
  /// `name`, not on how many numbers were drawn: rng.split("init").
  Rng split(std::string_view name) const;
  /// The same by number, for the i-th repetition, chunk or start.
  Rng split(std::uint64_t index) const;

  /// 64 random bits.
  std::uint64_t bits();
  /// Uniform on [0, 1), a multiple of 2^-53.
  double uniform();
  /// Standard normal.
  double normal();
  /// Uniform on 0 .. n - 1, without bias. Throws ArgumentError if n = 0.
  std::uint64_t below(std::uint64_t n);

  /// Many at once, at the speed of the SIMD kernels; floats are multiples of 2^-24.
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
  Rng(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t block_ = 0;               // the next Philox block to draw
  std::array<std::uint32_t, 4> words_{};  // the block in use
  std::size_t used_ = 4;                  // how many of its words are spent
};

}  // namespace surplus

#endif  // SURPLUS_CORE_RNG_H_
