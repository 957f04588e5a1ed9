#include "surplus/metric/pairs.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

using Labels = std::shared_ptr<const std::vector<std::size_t>>;

Labels checked_labels(std::string_view function, std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(labels.size() >= 2 && labels.size() <= std::numeric_limits<std::uint32_t>::max(),
                  ArgumentError, function, "labels must number at least 2 and at most 2^32 - 1",
                  "labels", labels.size());
  return std::make_shared<const std::vector<std::size_t>>(labels.begin(), labels.end());
}

std::uint64_t pair_count(std::uint64_t n) { return n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n; }

// Pair number `index` of (0, 1), (0, 2), ..., (0, n - 1), (1, 2), ...
Pair pair_at(const std::vector<std::size_t>& labels, std::uint64_t index) {
  const std::uint64_t n = labels.size();
  // Counted from the end, row i holds the numbers i' (i' + 1) / 2 ... of i' = n - 2 - i.
  const std::uint64_t from_end = pair_count(n) - 1 - index;
  auto row =
      static_cast<std::uint64_t>((std::sqrt(8.0 * static_cast<double>(from_end) + 1) - 1) / 2);
  while (pair_count(row + 1) > from_end) --row;
  while (pair_count(row + 2) <= from_end) ++row;
  const std::uint64_t first = n - 2 - row;
  const std::uint64_t second = n - 1 - (from_end - pair_count(row + 1));
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(second),
          labels[first] == labels[second]};
}

// A random permutation of 0 .. size - 1 that is computed, not stored: a balanced Feistel network
// over the next even number of bits, walked until it falls inside.
class Permutation {
 public:
  Permutation(std::uint64_t size, Rng rng)
      : size_(size),
        half_bits_((std::bit_width(size - 1) + 1) / 2),
        mask_((1ull << half_bits_) - 1) {
    for (std::uint64_t& key : keys_) key = rng.bits();
  }

  std::uint64_t operator()(std::uint64_t index) const {
    do index = encrypt(index);
    while (index >= size_);
    return index;
  }

 private:
  static constexpr int kRounds = 8;

  std::uint64_t encrypt(std::uint64_t index) const {
    std::uint64_t left = index >> half_bits_, right = index & mask_;
    for (const std::uint64_t key : keys_) {
      left = std::exchange(right, left ^ (mix(right ^ key) & mask_));
    }
    return left << half_bits_ | right;
  }

  // The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

  std::uint64_t size_;
  int half_bits_;
  std::uint64_t mask_;
  std::uint64_t keys_[kRounds];
};

// The rows of each class, class after class, and for row number `at` of them where its class ends.
struct Classes {
  explicit Classes(std::span<const std::size_t> labels) : rows(labels.size()), ends(labels.size()) {
    std::iota(rows.begin(), rows.end(), 0U);
    std::ranges::stable_sort(rows, {}, [&](std::uint32_t row) { return labels[row]; });
    for (std::size_t at = rows.size(); at-- > 0;) {
      const bool is_last = at + 1 == rows.size() || labels[rows[at]] != labels[rows[at + 1]];
      ends[at] = is_last ? at + 1 : ends[at + 1];
      similar += ends[at] - at - 1;
      later.push_back(similar);
    }
    std::ranges::reverse(later);
  }

  // Pair number `index` of the `similar` ones.
  Pair similar_at(std::uint64_t index) const {
    // later[at] counts the pairs whose earlier row stands at `at` or after it.
    const auto after =
        std::ranges::partition_point(later, [&](std::uint64_t count) { return count > index; });
    const auto at = static_cast<std::size_t>(after - later.begin()) - 1;
    const std::uint64_t rest = index - (at + 1 < later.size() ? later[at + 1] : 0);
    return {std::min(rows[at], rows[at + 1 + rest]), std::max(rows[at], rows[at + 1 + rest]), true};
  }

  std::vector<std::uint32_t> rows;
  std::vector<std::size_t> ends;
  std::vector<std::uint64_t> later;
  std::uint64_t similar = 0;
};

}  // namespace

std::vector<Pair> Pairs::list() const {
  std::vector<Pair> pairs(count);
  if (count > 0) read(0, pairs);
  return pairs;
}

void require_rows_of(std::string_view function, const Pair& pair, std::size_t rows) {
  SURPLUS_REQUIRE(pair.first < rows && pair.second < rows, ArgumentError, function,
                  "pairs must name rows of x", "first", pair.first, "second", pair.second, "rows",
                  rows);
}

Pairs listed_pairs(std::vector<Pair> pairs) {
  const auto table = std::make_shared<const std::vector<Pair>>(std::move(pairs));
  return {table->size(), [table](std::size_t begin, std::span<Pair> to) {
            std::copy_n(table->begin() + static_cast<std::ptrdiff_t>(begin), to.size(), to.begin());
          }};
}

Pairs all_pairs(std::span<const std::size_t> labels) {
  const Labels table = checked_labels("all_pairs", labels);
  return {pair_count(labels.size()), [table](std::size_t begin, std::span<Pair> to) {
            for (Pair& pair : to) pair = pair_at(*table, begin++);
          }};
}

Pairs random_pairs(std::span<const std::size_t> labels, std::size_t count, const Rng& rng) {
  const Labels table = checked_labels("random_pairs", labels);
  const std::uint64_t available = pair_count(labels.size());
  SURPLUS_REQUIRE(count <= available, ArgumentError, "random_pairs",
                  "count must be at most the number of distinct pairs", "count", count, "pairs",
                  available);
  const Permutation permutation(available, rng.split("pairs"));
  return {count, [table, permutation](std::size_t begin, std::span<Pair> to) {
            for (Pair& pair : to) pair = pair_at(*table, permutation(begin++));
          }};
}

Pairs random_pairs_with_replacement(std::span<const std::size_t> labels, std::size_t count,
                                    const Rng& rng) {
  const Labels table = checked_labels("random_pairs_with_replacement", labels);
  const Rng draws = rng.split("pairs with replacement");
  return {count, [table, draws](std::size_t begin, std::span<Pair> to) {
            for (Pair& pair : to) {
              pair = pair_at(*table, draws.split(begin++).below(pair_count(table->size())));
            }
          }};
}

Pairs balanced_pairs(std::span<const std::size_t> labels, std::size_t similar,
                     std::size_t different, const Rng& rng) {
  const Labels table = checked_labels("balanced_pairs", labels);
  // All pairs in random order hold each kind in random order: take the first of each.
  const std::uint64_t available = pair_count(labels.size());
  const Permutation permutation(available, rng.split("balanced pairs"));
  std::vector<Pair> kinds[2];
  const std::size_t wanted[2] = {different, similar};
  std::uint64_t seen = 0;
  for (; seen < available && (kinds[0].size() < different || kinds[1].size() < similar); ++seen) {
    const Pair pair = pair_at(*table, permutation(seen));
    auto& kind = kinds[pair.similar];
    if (kind.size() < wanted[pair.similar]) kind.push_back(pair);
  }
  SURPLUS_REQUIRE(kinds[1].size() == similar && kinds[0].size() == different, ArgumentError,
                  "balanced_pairs", "the labels must make that many pairs of each kind",
                  "similar wanted", similar, "found", kinds[1].size(), "different wanted",
                  different, "found", kinds[0].size());
  std::vector<Pair> pairs = std::move(kinds[1]);
  pairs.insert(pairs.end(), kinds[0].begin(), kinds[0].end());
  return listed_pairs(std::move(pairs));
}

Pairs balanced_pairs_with_replacement(std::span<const std::size_t> labels, std::size_t similar,
                                      std::size_t different, const Rng& rng) {
  constexpr std::string_view kName = "balanced_pairs_with_replacement";
  const Labels table = checked_labels(kName, labels);
  const auto classes = std::make_shared<const Classes>(labels);
  const std::uint64_t available = pair_count(labels.size());
  SURPLUS_REQUIRE(
      (similar == 0 || classes->similar > 0) && (different == 0 || classes->similar < available),
      ArgumentError, kName, "the labels must make a pair of each kind wanted", "similar wanted",
      similar, "found", classes->similar, "different wanted", different, "found",
      available - classes->similar);
  const Rng draws = rng.split("balanced pairs with replacement");
  return {similar + different,
          [table, classes, draws, similar, available](std::size_t begin, std::span<Pair> to) {
            for (Pair& pair : to) {
              Rng draw = draws.split(begin);
              if (begin++ < similar) {
                pair = classes->similar_at(draw.below(classes->similar));
                continue;
              }
              do pair = pair_at(*table, draw.below(available));
              while (pair.similar);
            }
          }};
}

std::size_t similar_pair_count(std::span<const std::size_t> labels) {
  return Classes(labels).similar;
}

}  // namespace surplus
