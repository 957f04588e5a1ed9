/// Philox 4x32-10 as in the paper, and its numbers one at a time. The kernels agree with these bit
/// for bit, so the order of every operation is part of the contract.
#ifndef SURPLUS_KERNELS_REFERENCE_PHILOX_H_
#define SURPLUS_KERNELS_REFERENCE_PHILOX_H_

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace surplus::kernels::reference {

inline std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// Word number i of a stream, of 32 or 64 bits.
template <typename Word>
Word philox_word(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  constexpr std::uint64_t kPerBlock = 16 / sizeof(Word);
  const std::uint64_t block = i / kPerBlock;
  const auto words =
      philox4x32_10({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                     static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)},
                    {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  if constexpr (sizeof(Word) == 4) return words[i % 4];
  const std::size_t half = i % 2 * 2;
  return static_cast<Word>(words[half] | std::uint64_t{words[half + 1]} << 32);
}

inline void philox_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
                        std::size_t n, std::uint64_t* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = philox_word<std::uint64_t>(seed, stream, first + i);
}

template <typename T>
using WordOf = std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t>;

template <typename T>
void philox_uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    T* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = philox_word<WordOf<T>>(seed, stream, first + i);
    if constexpr (std::is_same_v<T, float>) {
      out[i] = static_cast<float>(word >> 8) * 0x1p-24f;
    } else {
      out[i] = static_cast<double>(word >> 11) * 0x1p-53;
    }
  }
}

/// The u of Box-Muller, in (0, 1].
inline float philox_radial(std::uint32_t word) {
  const float sum =
      static_cast<float>(word >> 16) * 0x1p16f + (static_cast<float>(word & 0xFFFF) + 0.5f);
  return sum * 0x1p-32f;
}
inline double philox_radial(std::uint64_t word) {
  return static_cast<double>((word >> 11) + 1) * 0x1p-53;
}

namespace detail {

template <typename T>
T horner(T, T c0) {
  return c0;
}
template <typename T, typename... Rest>
T horner(T x, T c0, Rest... rest) {
  return c0 + x * horner(x, rest...);
}

inline float log_tail(float z) {
  const float w = z * z;
  return z * horner(w, 0xAAAAAA.0p-24f, 0x91E9EE.0p-25f) +
         w * horner(w, 0xCCCE13.0p-25f, 0xF89E26.0p-26f);
}
inline double log_tail(double z) {
  const double w = z * z;
  return z * horner(w, 6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01,
                    1.479819860511658591e-01) +
         w * horner(w, 3.999999999940941908e-01, 2.222219843214978396e-01,
                    1.531383769920937332e-01);
}
inline float sin_tail(float z) {
  return horner(z, -1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f);
}
inline double sin_tail(double z) {
  return horner(z, -1.66666666666666324348e-01, 8.33333333332248946124e-03,
                -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                -2.50507602534068634195e-08, 1.58969099521155010221e-10);
}
inline float cos_tail(float z) {
  return horner(z, 4.166664568298827e-2f, -1.388731625493765e-3f, 2.443315711809948e-5f);
}
inline double cos_tail(double z) {
  return horner(z, 4.16666666666666019037e-02, -1.38888888888741095749e-03,
                2.48015872894767294178e-05, -2.75573143513906633035e-07, 2.08757232129817482790e-09,
                -1.13596475577881948265e-11);
}

}  // namespace detail

/// sqrt(-2 log u) for a normal u in (0, 1].
template <typename T>
T philox_radius(T u) {
  using Word = WordOf<T>;
  constexpr bool kIsFloat = std::is_same_v<T, float>;
  constexpr Word kOne = kIsFloat ? 0x3F800000 : static_cast<Word>(0x3FF0000000000000);
  constexpr Word kSqrtHalf = kIsFloat ? 0x3F3504F3 : static_cast<Word>(0x3FE6A09E00000000);
  constexpr T kLn2High = kIsFloat ? T(6.9313812256e-01f) : T(6.93147180369123816490e-01);
  constexpr T kLn2Low = kIsFloat ? T(9.0580006145e-06f) : T(1.90821492927058770002e-10);
  constexpr int kMantissa = kIsFloat ? 23 : 52;
  const Word bits = std::bit_cast<Word>(u) + (kOne - kSqrtHalf);
  const T k =
      static_cast<T>(static_cast<int>(bits >> kMantissa) - static_cast<int>(kOne >> kMantissa));
  const T f = std::bit_cast<T>((bits & ((Word{1} << kMantissa) - 1)) + kSqrtHalf) - T{1};
  const T s = f / (f + T{2});
  const T half_square = T{0.5} * f * f;
  const T tail = s * (half_square + detail::log_tail(s * s));
  const T log = ((tail + k * kLn2Low) - half_square + f) + k * kLn2High;
  return std::sqrt(log * T{-2});
}

/// {cos, sin} of 2 pi word / 2^B.
template <typename T>
std::array<T, 2> philox_direction(WordOf<T> word) {
  using Word = WordOf<T>;
  constexpr int kBits = 8 * sizeof(Word);
  constexpr T kAngle =
      std::is_same_v<T, float> ? T(0x1.921FB6p0f * 0x1p-32f) : T(0x1.921FB54442D18p0 * 0x1p-64);
  const T x = static_cast<T>(static_cast<std::make_signed_t<Word>>(word << 2)) * kAngle;
  const T z = x * x;
  const T sin = x + (z * x) * detail::sin_tail(z);
  const T half = z * T{0.5};
  const T rounded = T{1} - half;
  const T cos = rounded + (((T{1} - rounded) - half) + (z * z) * detail::cos_tail(z));
  switch (static_cast<Word>(word + (Word{1} << (kBits - 3))) >> (kBits - 2)) {
    case 0:
      return {cos, sin};
    case 1:
      return {-sin, cos};
    case 2:
      return {-cos, -sin};
    default:
      return {sin, -cos};
  }
}

template <typename T>
void philox_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   T* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t number = first + i, pair = number - number % 2;
    const T u = philox_radial(philox_word<WordOf<T>>(seed, stream, pair));
    const auto direction = philox_direction<T>(philox_word<WordOf<T>>(seed, stream, pair + 1));
    out[i] = philox_radius(u) * direction[number % 2];
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_PHILOX_H_
