#include "surplus/sparse/topology.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <mutex>
#include <numeric>

#include "surplus/core/errors.h"

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

// Leaves the `count` of `numbers`, which ascend, with the smallest |w|, the first of equals.
template <typename T>
void keep_smallest(Numbers& numbers, std::span<const T> w, std::size_t count) {
  if (count >= numbers.size()) return;
  if (count == 0) return numbers.clear();
  std::vector<T> magnitudes;
  magnitudes.reserve(numbers.size());
  for (const std::uint32_t i : numbers) magnitudes.push_back(std::abs(w[i]));
  const auto last = magnitudes.begin() + static_cast<std::ptrdiff_t>(count) - 1;
  std::ranges::nth_element(magnitudes, last);
  const T largest = *last;
  auto equals = 1 + std::count(magnitudes.begin(), last, largest);
  std::erase_if(numbers, [&](std::uint32_t i) {
    const T magnitude = std::abs(w[i]);
    return magnitude != largest ? magnitude > largest : equals-- <= 0;
  });
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
  std::ranges::sort(dropped);
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
  Positions rest;
  rest.reserve(positions.size() - dropped.size());
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < positions.size(); ++i) {
    if (next < dropped.size() && dropped[next] == i) {
      ++next;
    } else {
      rest.push_back(positions[i]);
    }
  }
  return rest;
}

// The best `count` of all that are offered, by (largest score, smallest position): which they are
// depends on no order. A buffer of twice as many is halved whenever it is full.
template <typename T>
class Largest {
 public:
  explicit Largest(std::size_t count) : count_(count), capacity_(2 * count + 256) {
    buffer_.reserve(capacity_);
  }

  void offer(T score, std::uint32_t position) {
    const Entry entry{score, position};
    if (halved_ && !before(entry, worst_)) return;
    buffer_.push_back(entry);
    if (buffer_.size() == capacity_) halve();
  }

  // Scores below it have no chance any more.
  T least() const { return halved_ ? worst_.score : T{0}; }

  Positions positions() {
    if (buffer_.size() > count_) halve();
    Positions found;
    for (const Entry& entry : buffer_) found.push_back(entry.position);
    std::ranges::sort(found);
    return found;
  }

 private:
  struct Entry {
    T score;
    std::uint32_t position;
  };
  static bool before(const Entry& a, const Entry& b) {
    return a.score != b.score ? a.score > b.score : a.position < b.position;
  }
  void halve() {
    std::ranges::nth_element(buffer_, buffer_.begin() + static_cast<std::ptrdiff_t>(count_) - 1,
                             before);
    buffer_.resize(count_);
    worst_ = buffer_.back();
    halved_ = true;
  }

  std::size_t count_, capacity_;
  std::vector<Entry> buffer_;
  Entry worst_{};
  bool halved_ = false;
};

// Scores that are looked at together.
constexpr std::size_t kTogether = 16;

template <typename T>
bool all_below(std::span<const T> some, T least) {
  unsigned chances = 0;
  for (const T value : some) chances += !(std::abs(value) < least);
  return chances == 0;
}

template <typename T>
Positions grown_by_score(Shape shape, const Positions& excluded, std::size_t count,
                         const MatrixInPieces<T>& scores) {
  if (count == 0) return {};
  Largest<T> largest(count);
  std::mutex mutex;
  bool finite = true;
  scores([&](std::size_t i, std::size_t j, MatrixView<const T> piece) {
    const std::lock_guard lock(mutex);
    for (std::size_t row = 0; row < piece.rows(); ++row) {
      const auto begin = static_cast<std::uint32_t>((i + row) * shape.cols + j);
      auto next = std::ranges::lower_bound(excluded, begin);
      const std::span<const T> values = piece.row(row);
      for (std::size_t first = 0; first < values.size(); first += kTogether) {
        // Most have no chance; a NaN is not below anything.
        const std::span<const T> some =
            values.subspan(first, std::min(kTogether, values.size() - first));
        if (all_below(some, largest.least())) continue;
        for (std::size_t k = 0; k < some.size(); ++k) {
          const auto position = static_cast<std::uint32_t>(begin + first + k);
          while (next != excluded.end() && *next < position) ++next;
          if (next != excluded.end() && *next == position) continue;
          const T score = std::abs(some[k]);
          finite = finite && std::isfinite(score);
          largest.offer(score, position);
        }
      }
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

// `before` without what was dropped, and what was grown.
void merge(std::span<const std::uint32_t> before, bool keep_regrown, TopologyChange& change) {
  std::size_t next = 0, dropped = 0;
  const auto add = [&](std::uint32_t position, std::uint32_t from) {
    change.positions.push_back(position);
    change.from.push_back(from);
  };
  const std::size_t n = before.size() - change.dropped.size() + change.grown.size();
  change.positions.reserve(n);
  change.from.reserve(n);
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    while (next < change.grown.size() && change.grown[next] < before[i]) {
      add(change.grown[next++], TopologyChange::kGrown);
    }
    const bool again = next < change.grown.size() && change.grown[next] == before[i];
    if (dropped < change.dropped.size() && change.dropped[dropped] == i) {
      ++dropped;
      if (again) add(change.grown[next++], keep_regrown ? i : TopologyChange::kGrown);
    } else {
      SURPLUS_ASSERT(!again);
      add(before[i], i);
    }
  }
  for (; next < change.grown.size(); ++next) add(change.grown[next], TopologyChange::kGrown);
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
  std::ranges::transform(change.from, after.values().begin(), [&](std::uint32_t from) {
    return from == TopologyChange::kGrown ? grown : before[from];
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
