#define BOOST_TEST_MODULE philox
#include "kernels/philox.h"

#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/reference/philox.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;

constexpr std::uint64_t kSeed = 0x0123456789ABCDEF, kStream = 0xFEDCBA9876543210;

template <typename T>
using Fill = void (*)(std::uint64_t, std::uint64_t, std::uint64_t, std::size_t, T*);

template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <typename T>
void agrees_with_reference(Fill<T> fill, Fill<T> reference) {
  for_each_target([&](const std::string& target) {
    // The last two cross 2^32 blocks and come close to the end of the stream.
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3},
                                      (std::uint64_t{1} << 34) - 37, ~std::uint64_t{0} - 5000}) {
      for (const std::size_t n : {0, 1, 2, 3, 7, 16, 17, 35, 255, 256, 257, 1000, 4096}) {
        constexpr std::size_t kMargin = 16;
        std::vector<T> buffer(n + 2 * kMargin, T{42});
        std::vector<T> expected(n);
        fill(kSeed, kStream, first, n, buffer.data() + kMargin);
        reference(kSeed, kStream, first, n, expected.data());
        BOOST_TEST_CONTEXT("target " << target << " first " << first << " n " << n) {
          BOOST_TEST(same_bits(std::vector<T>(buffer.begin() + kMargin, buffer.end() - kMargin),
                               expected));
          const auto is_canary = [](T value) { return value == T{42}; };
          BOOST_TEST(std::all_of(buffer.begin(), buffer.begin() + kMargin, is_canary));
          BOOST_TEST(std::all_of(buffer.end() - kMargin, buffer.end(), is_canary));
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(every_fill_agrees_with_the_reference_bit_for_bit_on_every_target) {
  agrees_with_reference<std::uint64_t>(kernels::philox_bits, kernels::reference::philox_bits);
  agrees_with_reference<float>(kernels::philox_uniform, kernels::reference::philox_uniform<float>);
  agrees_with_reference<double>(kernels::philox_uniform,
                                kernels::reference::philox_uniform<double>);
  agrees_with_reference<float>(kernels::philox_normal, kernels::reference::philox_normal<float>);
  agrees_with_reference<double>(kernels::philox_normal, kernels::reference::philox_normal<double>);
}

BOOST_AUTO_TEST_CASE(the_published_known_answers_come_out) {
  // kat_vectors of Random123, philox4x32 with 10 rounds.
  using Words = std::array<std::uint32_t, 4>;
  const auto block = [](Words counter, std::array<std::uint32_t, 2> key) {
    std::uint64_t bits[2];
    kernels::philox_bits(key[0] | std::uint64_t{key[1]} << 32,
                         counter[2] | std::uint64_t{counter[3]} << 32,
                         2 * (counter[0] | std::uint64_t{counter[1]} << 32), 2, bits);
    return Words{static_cast<std::uint32_t>(bits[0]), static_cast<std::uint32_t>(bits[0] >> 32),
                 static_cast<std::uint32_t>(bits[1]), static_cast<std::uint32_t>(bits[1] >> 32)};
  };
  for_each_target([&](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      BOOST_TEST(
          (block({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
      // The other two published vectors lie beyond the 2^63 blocks that numbers can address.
    }
  });
  using kernels::reference::philox4x32_10;
  BOOST_TEST(
      (philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
       Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST(
      (philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
       Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(the_words_are_those_of_random123) {
  constexpr std::size_t kCount = 5000;
  const std::uint64_t first = 2 * ((std::uint64_t{1} << 32) - 1000);
  for_each_target([&](const std::string& target) {
    std::vector<std::uint64_t> bits(kCount), expected(kCount);
    kernels::philox_bits(kSeed, kStream, first, kCount, bits.data());
    for (std::size_t i = 0; i < kCount; i += 2) {
      const std::uint64_t block = (first + i) / 2;
      const philox4x32_ctr_t counter = {
          {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
           static_cast<std::uint32_t>(kStream), static_cast<std::uint32_t>(kStream >> 32)}};
      const philox4x32_key_t key = {
          {static_cast<std::uint32_t>(kSeed), static_cast<std::uint32_t>(kSeed >> 32)}};
      const philox4x32_ctr_t words = philox4x32(counter, key);
      expected[i] = words.v[0] | std::uint64_t{words.v[1]} << 32;
      expected[i + 1] = words.v[2] | std::uint64_t{words.v[3]} << 32;
    }
    BOOST_TEST_CONTEXT("target " << target) { BOOST_TEST(same_bits(bits, expected)); }
  });
}

template <typename T>
void fills_alike_in_pieces(Fill<T> fill) {
  std::vector<T> whole(3001), pieces(3001);
  fill(kSeed, kStream, 11, whole.size(), whole.data());
  for (std::size_t at = 0, piece = 1; at < pieces.size(); at += piece, piece = piece * 2 + 1) {
    fill(kSeed, kStream, 11 + at, std::min(piece, pieces.size() - at), pieces.data() + at);
  }
  BOOST_TEST(same_bits(whole, pieces));
}

BOOST_AUTO_TEST_CASE(filling_in_pieces_gives_the_numbers_of_one_go) {
  fills_alike_in_pieces<std::uint64_t>(kernels::philox_bits);
  fills_alike_in_pieces<float>(kernels::philox_uniform);
  fills_alike_in_pieces<double>(kernels::philox_uniform);
  fills_alike_in_pieces<float>(kernels::philox_normal);
  fills_alike_in_pieces<double>(kernels::philox_normal);
}

// 32 MiB and more are written past the caches. Word 1 of the counter changes within a piece, whose rest then begins
// where a vector does not.
template <typename T>
void fills_alike_past_the_caches(Fill<T> fill, std::size_t offset) {
  constexpr std::size_t kCount = (32u << 20) / sizeof(T) + 77, kPiece = 100003, kMargin = 16;
  constexpr std::uint64_t kFirst = ((std::uint64_t{1} << 32) - 26500) * (16 / sizeof(T));
  std::vector<T> whole(kCount + 2 * kMargin, T{42}), piece(kPiece);
  T* const out = whole.data() + kMargin + offset;
  fill(kSeed, kStream, kFirst, kCount, out);
  bool same = true;
  for (std::size_t at = 0; at < kCount; at += kPiece) {
    const std::size_t n = std::min(kPiece, kCount - at);
    fill(kSeed, kStream, kFirst + at, n, piece.data());
    same = same && std::memcmp(piece.data(), out + at, n * sizeof(T)) == 0;
  }
  BOOST_TEST(same);
  BOOST_TEST((out[-1] == T{42} && out[kCount] == T{42}));
}

BOOST_AUTO_TEST_CASE(numbers_written_past_the_caches_are_those_of_short_fills) {
  fills_alike_past_the_caches<float>(kernels::philox_uniform, 0);
  fills_alike_past_the_caches<float>(kernels::philox_uniform, 1);
  fills_alike_past_the_caches<double>(kernels::philox_normal, 0);
}

// The bounds of the header, against the long double functions of the C library, whose pi is off by
// 2^-65: at a zero of the direction that is all they return.
template <typename T, typename Word>
void check_transform(Word v, Word w) {
  using Real = long double;
  using kernels::reference::philox_direction;
  using kernels::reference::philox_radial;
  using kernels::reference::philox_radius;
  const Real eps = std::numeric_limits<T>::epsilon();
  const T u = philox_radial(v);
  BOOST_TEST_REQUIRE((u > 0 && u <= 1));
  const Real radius = std::sqrt(-2 * std::log(static_cast<Real>(u)));
  const Real angle = std::ldexp(2 * std::acos(Real{-1}), -8 * static_cast<int>(sizeof(Word))) *
                     static_cast<Real>(w);
  const auto direction = philox_direction<T>(w);
  const Real exact[2] = {radius * std::cos(angle), radius * std::sin(angle)};
  for (int i = 0; i < 2; ++i) {
    const Real number = philox_radius(u) * direction[i];
    const Real bound = 6 * eps * std::abs(exact[i]) + 0x1p-60L * radius;
    BOOST_TEST(std::abs(number - exact[i]) <= bound,
               "v " << v << " w " << w << ": " << number << " for " << exact[i]);
    BOOST_TEST(std::abs(number) < (sizeof(T) == 4 ? 6.77 : 8.58));
  }
}

template <typename T>
void check_transforms() {
  using Word = kernels::reference::WordOf<T>;
  constexpr int kBits = 8 * sizeof(Word);
  std::vector<Word> edges = {0, 1, 2, 3};
  for (int turn = 0; turn < 16; ++turn) {  // every sixteenth of a turn and its neighbours
    for (int step = -2; step <= 2; ++step) {
      edges.push_back((static_cast<Word>(turn) << (kBits - 4)) + static_cast<Word>(step));
    }
  }
  for (const Word v : edges) {
    for (const Word w : edges) check_transform<T>(v, w);
  }
  for (std::uint64_t i = 0; i < 100000; i += 2) {
    check_transform<T>(kernels::reference::philox_word<Word>(7, 0, i),
                       kernels::reference::philox_word<Word>(7, 0, i + 1));
  }
}

BOOST_AUTO_TEST_CASE(the_normals_are_the_box_muller_transform_within_the_stated_bound) {
  check_transforms<float>();
  check_transforms<double>();
}

// Six standard deviations of each statistic: a false alarm once in 10^9.
template <typename T>
void check_moments(Fill<T> normal) {
  constexpr std::size_t kCount = 1u << 20;
  std::vector<T> x(kCount);
  normal(2026, 5, 0, kCount, x.data());
  const double n = kCount;
  double moments[5] = {}, neighbours = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double xi = static_cast<double>(x[i]);
    double power = 1;
    for (int order = 1; order <= 4; ++order) moments[order] += (power *= xi) / n;
    if (i > 0) neighbours += xi * static_cast<double>(x[i - 1]) / n;
  }
  // Var x = 1, Var x^2 = 2, Var x^3 = 15, Var x^4 = 96.
  BOOST_TEST(std::abs(moments[1]) < 6 * std::sqrt(1 / n));
  BOOST_TEST(std::abs(moments[2] - 1) < 6 * std::sqrt(2 / n));
  BOOST_TEST(std::abs(moments[3]) < 6 * std::sqrt(15 / n));
  BOOST_TEST(std::abs(moments[4] - 3) < 6 * std::sqrt(96 / n));
  BOOST_TEST(std::abs(neighbours) < 6 * std::sqrt(1 / n));
}

// Kolmogorov-Smirnov: sqrt(n) D > 3.3 has probability 2 exp(-2 * 3.3^2) < 1e-9.
template <typename T, typename Distribution>
void check_distribution(Fill<T> fill, const Distribution& cdf) {
  constexpr std::size_t kCount = 1u << 20;
  std::vector<T> x(kCount);
  fill(2026, 6, 0, kCount, x.data());
  std::sort(x.begin(), x.end());
  double distance = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double f = cdf(static_cast<double>(x[i]));
    distance = std::max(
        {distance, f - static_cast<double>(i) / kCount, static_cast<double>(i + 1) / kCount - f});
  }
  BOOST_TEST(std::sqrt(static_cast<double>(kCount)) * distance < 3.3);
}

BOOST_AUTO_TEST_CASE(the_normals_have_the_moments_and_the_distribution_of_normals) {
  check_moments<float>(kernels::philox_normal);
  check_moments<double>(kernels::philox_normal);
  const auto cdf = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  check_distribution<float>(kernels::philox_normal, cdf);
  check_distribution<double>(kernels::philox_normal, cdf);
}

BOOST_AUTO_TEST_CASE(the_uniforms_are_uniform) {
  const auto cdf = [](double x) { return x; };
  check_distribution<float>(kernels::philox_uniform, cdf);
  check_distribution<double>(kernels::philox_uniform, cdf);
}

}  // namespace
}  // namespace surplus
