#include "surplus/sparse/topology.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <mutex>
#include <numeric>

#include "kernels/filter.h"
#include "surplus/core/errors.h"
#include "surplus/sparse/selection.h"

namespace surplus {
namespace {

using Numbers = std::vector<std::uint32_t>;

template <typename T>
void require_weights(const char* function, std::span<const std::uint32_t> positions,
                     std::span<const T> w) {
  SURPLUS_REQUIRE(positions.size() == w.size(), ShapeError, function,
                  "there must be a weight for each position", "positions", positions.size(),
                  "weights", w.size());
  for (std::size_t i = 0; i < w.size(); ++i) {
    SURPLUS_REQUIRE(std::isfinite(w[i]), ArgumentError, function, "weights must be finite",
                    "number", i, "weight", w[i]);
  }
}

void require_positions(const char* function, std::span<const std::uint32_t> positions,
                       std::size_t size) {
  SURPLUS_REQUIRE(size <= std::numeric_limits<std::uint32_t>::max(), ShapeError, function,
                  "the layer must have fewer than 2^32 elements", "elements", size);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    SURPLUS_REQUIRE(positions[i] < size && (i == 0 || positions[i - 1] < positions[i]),
                    ArgumentError, function, "positions must ascend below the number of elements",
                    "number", i, "position", positions[i], "elements", size);
  }
}

template <typename T>
Numbers dropped_by_sign(const DropAndGrow& config, std::span<const T> w, std::size_t most) {
  Numbers signs[2];
  for (std::uint32_t i = 0; i < w.size(); ++i) signs[w[i] < 0].push_back(i);
  Numbers dropped;
  for (Numbers& numbers : signs) {
    const double share = config.fraction * static_cast<double>(numbers.size());
    const auto count =
        static_cast<std::size_t>(config.round_up ? std::ceil(share) : std::floor(share));
    keep_smallest(numbers, w, std::min(count, most - dropped.size()));
    dropped.insert(dropped.end(), numbers.begin(), numbers.end());
  }
  sort_ascending(dropped);
  return dropped;
}

// In ascending order; at most `most`.
template <typename T>
Numbers dropped_of(const DropAndGrow& config, std::span<const T> w, std::size_t most) {
  Numbers dropped;
  if (config.drop == DropRule::kBySign) {
    dropped = dropped_by_sign(config, w, most);
  } else {
    const double share = config.fraction * static_cast<double>(w.size());
    const auto count =
        static_cast<std::size_t>(config.round_up ? std::ceil(share) : std::floor(share));
    dropped.resize(w.size());
    std::iota(dropped.begin(), dropped.end(), 0u);
    keep_smallest(dropped, w, std::min(count, most));
  }
  return dropped;
}

Positions without(std::span<const std::uint32_t> positions, const Numbers& dropped) {
  Positions rest = complement(positions.size(), dropped);
  for (std::uint32_t& number : rest) number = positions[number];
  return rest;
}

// The best `count` of all that are offered, by (largest score, smallest position): which they are
// depends on no order. A buffer of twice as many is halved whenever it is full.
template <typename T>
class Largest {
 public:
  explicit Largest(std::size_t count) : count_(count), buffer_(2 * count + 256) {}

  void offer(T score, std::uint32_t position) {
    const Key key = Ranked<T>::key(score, ~position);
    if (key < worst_) return;
    buffer_[size_++] = key;
    if (size_ == buffer_.size()) halve();
  }

  // Scores below it have no chance any more.
  T least() const { return least_; }

  Positions positions() {
    if (size_ > count_) halve();
    Positions found;
    found.reserve(size_);
    for (const Key key : std::span(buffer_).first(size_)) {
      found.push_back(~static_cast<std::uint32_t>(key));
    }
    sort_ascending(found);
    return found;
  }

 private:
  using Key = typename Ranked<T>::Key;

  void halve() {
    worst_ = key_of_rank<T>(std::span(buffer_).first(size_), size_ - count_);
    least_ = std::bit_cast<T>(static_cast<typename Ranked<T>::Bits>(worst_ >> 32));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const Key key = buffer_[i];
      buffer_[kept] = key;
      kept += key >= worst_ ? 1 : 0;
    }
    size_ = kept;
  }

  std::size_t count_, size_ = 0;
  std::vector<Key> buffer_;
  Key worst_{};
  T least_ = 0;
};

template <typename T>
Positions grown_by_score(Shape shape, const Positions& excluded, std::size_t count,
                         const MatrixInPieces<T>& scores) {
  if (count == 0) return {};
  Largest<T> largest(count);
  std::mutex mutex;
  Numbers large;
  std::vector<std::uint8_t> taken(shape.cols);
  bool finite = true;
  scores([&](std::size_t i, std::size_t j, MatrixView<const T> piece) {
    const std::lock_guard lock(mutex);
    large.resize(piece.cols());
    const auto cols = static_cast<std::uint32_t>(piece.cols());
    auto next = std::ranges::lower_bound(excluded, i * shape.cols + j);
    for (std::size_t row = 0; row < piece.rows(); ++row) {
      const auto begin = static_cast<std::uint32_t>((i + row) * shape.cols + j);
      while (next != excluded.end() && *next < begin) ++next;
      const auto first = next;
      for (; next != excluded.end() && *next - begin < cols; ++next) taken[*next - begin] = 1;
      const T* const values = piece.row(row).data();
      const std::size_t found = kernels::find_large(cols, values, largest.least(), large.data());
      for (const std::uint32_t k : std::span(large).first(found)) {
        if (taken[k] != 0) continue;
        finite = finite && std::isfinite(values[k]);
        largest.offer(values[k], begin + k);
      }
      std::ranges::for_each(first, next, [&](std::uint32_t at) { taken[at - begin] = 0; });
    }
  });
  SURPLUS_REQUIRE(finite, NumericalError, "drop_and_grow", "scores must be finite", "rows",
                  shape.rows, "columns", shape.cols);
  return largest.positions();
}

Positions grown_at_random(const DropAndGrow& config, std::size_t size, const Positions& excluded,
                          std::size_t count, Rng& rng) {
  const std::size_t pool = size - excluded.size();
  const double share = pool == 0 ? 0 : static_cast<double>(count) / static_cast<double>(pool);
  return positions_outside(excluded, config.exact ? random_positions(pool, count, rng)
                                                  : bernoulli_positions(pool, share, rng));
}

Positions grown_unfired(std::size_t size, const Positions& excluded, std::size_t count,
                        std::span<const std::uint64_t> fired, Rng& rng) {
  Positions seen;  // what was active ever, and what is excluded
  std::size_t next = 0;
  for (std::uint32_t word = 0; word < fired.size(); ++word) {
    std::uint64_t bits = fired[word];
    for (; next < excluded.size() && excluded[next] / 64 == word; ++next) {
      bits |= std::uint64_t{1} << (excluded[next] % 64);
    }
    for (; bits != 0; bits &= bits - 1) {
      seen.push_back(64 * word + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
  }
  const std::size_t unseen = size - seen.size(), first = std::min(count, unseen);
  Positions grown = positions_outside(seen, random_positions(unseen, first, rng));
  if (first == count) return grown;
  Positions taken;
  std::ranges::merge(excluded, grown, std::back_inserter(taken));
  const Positions rest =
      positions_outside(taken, random_positions(size - taken.size(), count - first, rng));
  Positions all;
  std::ranges::merge(grown, rest, std::back_inserter(all));
  return all;
}

// Of each grown position, the number that it had if it was dropped just now.
Numbers numbers_of_regrown(std::span<const std::uint32_t> before, const TopologyChange& change) {
  Numbers from(change.grown.size(), TopologyChange::kGrown);
  std::size_t next = 0;
  for (const std::uint32_t i : change.dropped) {
    while (next < from.size() && change.grown[next] < before[i]) ++next;
    if (next == from.size()) break;
    if (change.grown[next] == before[i]) from[next] = i;
  }
  return from;
}

// `before` without what was dropped, and what was grown.
void merge(std::span<const std::uint32_t> before, bool keep_regrown, TopologyChange& change) {
  const Numbers kept = complement(before.size(), change.dropped);
  const Numbers from = keep_regrown ? numbers_of_regrown(before, change)
                                    : Numbers(change.grown.size(), TopologyChange::kGrown);
  const std::size_t n = kept.size() + from.size();
  change.positions.resize(n);
  change.from.resize(n);
  std::size_t stays = 0, grows = 0;
  // No branch on which comes next, which would often be mispredicted.
  for (; stays < kept.size() && grows < from.size();) {
    const std::uint32_t old = before[kept[stays]], grown = change.grown[grows];
    const bool is_grown = grown < old;
    change.positions[stays + grows] = is_grown ? grown : old;
    change.from[stays + grows] = is_grown ? from[grows] : kept[stays];
    grows += is_grown ? 1 : 0;
    stays += is_grown ? 0 : 1;
  }
  for (; stays < kept.size(); ++stays) {
    change.positions[stays + grows] = before[kept[stays]];
    change.from[stays + grows] = kept[stays];
  }
  for (; grows < from.size(); ++grows) {
    change.positions[stays + grows] = change.grown[grows];
    change.from[stays + grows] = from[grows];
  }
}

}  // namespace

std::string_view to_text(Growth growth) {
  switch (growth) {
    case Growth::kRandom:
      return "random";
    case Growth::kRandomUnfired:
      return "random-unfired";
    case Growth::kGradient:
      return "gradient";
    case Growth::kMomentum:
      break;
  }
  return "momentum";
}

template <typename T>
TopologyChange drop_and_grow(const DropAndGrow& config, Shape shape,
                             std::type_identity_t<std::span<const std::uint32_t>> positions,
                             std::type_identity_t<std::span<const T>> w, Rng& rng,
                             const std::type_identity_t<MatrixInPieces<T>>& scores,
                             std::span<const std::uint64_t> fired) {
  constexpr const char* kFunction = "drop_and_grow";
  const std::size_t size = shape.rows * shape.cols;
  SURPLUS_REQUIRE(config.fraction >= 0 && config.fraction <= 1, ArgumentError, kFunction,
                  "fraction must be from 0 to 1", "fraction", config.fraction);
  require_positions(kFunction, positions, size);
  require_weights(kFunction, positions, w);
  const bool by_score = config.growth == Growth::kGradient || config.growth == Growth::kMomentum;
  SURPLUS_REQUIRE(!by_score || scores, ArgumentError, kFunction,
                  "growth by gradient or momentum must have scores", "growth",
                  to_text(config.growth));
  SURPLUS_REQUIRE(config.growth != Growth::kRandomUnfired || fired.size() == (size + 63) / 64,
                  ShapeError, kFunction, "fired must have a bit for each element", "words",
                  fired.size(), "elements", size);
  TopologyChange change;
  const std::size_t most =
      config.grow_dropped ? w.size() : std::min(w.size(), size - positions.size());
  change.dropped = dropped_of(config, w, most);
  const std::size_t count = change.dropped.size();
  const Positions excluded = config.grow_dropped ? without(positions, change.dropped)
                                                 : Positions(positions.begin(), positions.end());
  if (by_score) {
    change.grown = grown_by_score<T>(shape, excluded, count, scores);
  } else if (config.growth == Growth::kRandomUnfired) {
    change.grown = grown_unfired(size, excluded, count, fired, rng);
  } else {
    change.grown = grown_at_random(config, size, excluded, count, rng);
  }
  merge(positions, config.keep_regrown, change);
  return change;
}

template <typename T>
TopologyChange keep_largest(std::type_identity_t<std::span<const std::uint32_t>> positions,
                            std::span<const T> w, std::size_t count) {
  require_weights("keep_largest", positions, w);
  SURPLUS_REQUIRE(count <= w.size(), ArgumentError, "keep_largest",
                  "there must be as many weights as are kept", "count", count, "weights", w.size());
  TopologyChange change;
  change.dropped.resize(w.size());
  std::iota(change.dropped.begin(), change.dropped.end(), 0u);
  keep_smallest(change.dropped, w, w.size() - count);
  merge(positions, true, change);
  return change;
}

template <typename T>
Matrix<T> relaid(const TopologyChange& change, std::span<const T> before,
                 std::type_identity_t<T> grown) {
  Matrix<T> after(1, change.from.size());
  if (before.empty()) {
    std::ranges::fill(after.values(), grown);
    return after;
  }
  std::ranges::transform(change.from, after.values().begin(), [&](std::uint32_t from) {
    const bool is_grown = from == TopologyChange::kGrown;
    const T value = before[is_grown ? 0 : from];
    return is_grown ? grown : value;
  });
  return after;
}

#define SURPLUS_INSTANTIATE(T)                                                             \
  template TopologyChange drop_and_grow<T>(                                                \
      const DropAndGrow&, Shape, std::span<const std::uint32_t>, std::span<const T>, Rng&, \
      const MatrixInPieces<T>&, std::span<const std::uint64_t>);                           \
  template TopologyChange keep_largest(std::span<const std::uint32_t>, std::span<const T>, \
                                       std::size_t);                                       \
  template Matrix<T> relaid(const TopologyChange&, std::span<const T>, T);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
