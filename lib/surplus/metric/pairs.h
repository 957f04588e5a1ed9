/// Pair constraints: which points should be close and which far, from labels or by hand.
#ifndef SURPLUS_METRIC_PAIRS_H_
#define SURPLUS_METRIC_PAIRS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "surplus/core/rng.h"

namespace surplus {

/// Rows `first` and `second` of the data should be close (similar) or far from each other.
struct Pair {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool similar = true;
  friend bool operator==(const Pair&, const Pair&) = default;
};

/// `count` pairs in a fixed order that are made when they are asked for, so that 1e8 of them need
/// no table.
struct Pairs {
  std::size_t count = 0;
  /// Writes pairs begin .. begin + to.size() - 1, begin + to.size() <= count, to `to`. May be
  /// called from several threads.
  std::function<void(std::size_t begin, std::span<Pair> to)> read;

  /// All of them, as a table.
  std::vector<Pair> list() const;
};

/// Throws ArgumentError in the name of `function` if the pair names no two of `rows` rows.
void require_rows_of(std::string_view function, const Pair& pair, std::size_t rows);

/// The given pairs, in their order.
Pairs listed_pairs(std::vector<Pair> pairs);

/// All n (n - 1) / 2 pairs of points, similar if their labels agree: (0, 1), (0, 2), ... The labels
/// are copied; no table is made.
/// Throws ArgumentError for fewer than 2 labels or more than 2^32 - 1.
Pairs all_pairs(std::span<const std::size_t> labels);

/// `count` of all_pairs() in random order, drawn without replacement; no table is made.
/// Throws ArgumentError if there are not that many, and as all_pairs().
/// Promises  the first c pairs are the same for every count >= c
Pairs random_pairs(std::span<const std::size_t> labels, std::size_t count, const Rng& rng);

/// `count` of all_pairs() drawn independently, so that a pair can come twice; no table is made.
/// Throws ArgumentError as all_pairs().
Pairs random_pairs_with_replacement(std::span<const std::size_t> labels, std::size_t count,
                                    const Rng& rng);

/// `similar` pairs of equal and then `different` pairs of different labels, each kind drawn without
/// replacement.
/// Throws ArgumentError if there are not that many of a kind, and as all_pairs().
Pairs balanced_pairs(std::span<const std::size_t> labels, std::size_t similar,
                     std::size_t different, const Rng& rng);

/// `similar` pairs of equal and then `different` pairs of different labels, drawn independently among
/// those of their kind, so that a pair can come twice; no table of pairs is made.
/// Throws ArgumentError if there is no pair of a kind that is wanted, and as all_pairs().
Pairs balanced_pairs_with_replacement(std::span<const std::size_t> labels, std::size_t similar,
                                      std::size_t different, const Rng& rng);

/// How many of all_pairs() are similar.
std::size_t similar_pair_count(std::span<const std::size_t> labels);

}  // namespace surplus

#endif  // SURPLUS_METRIC_PAIRS_H_
