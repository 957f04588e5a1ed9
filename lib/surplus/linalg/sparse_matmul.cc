#include "surplus/linalg/sparse_matmul.h"

#include <algorithm>
#include <functional>

#include "kernels/sparse.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/scratch.h"

namespace surplus {
namespace {

static_assert(kTileUnit == kernels::kTileUnit);

// Bytes of a feature's row of a tile: two cache lines. Measured on Zen 3 (AVX2): products take 1.1
// to 1.3 times as long with one line, whose share of indices and weights is larger, and up to 1.2
// times as long with four, with which a tile of 784 features takes 200 of the 512 KiB of L2.
constexpr std::size_t kRowBytes = 128;

// Places that a task has, whose values and columns then pass all tiles from L2 or nearly; with
// fewer, tiles that do not stay in L2 themselves are read too often. Half of them cost up to 1.15
// times as much at 3072 columns, twice as many the same.
constexpr std::size_t kRangeSize = std::size_t{1} << 16;
// Small layers are still shared among threads, in as many ranges of at least so many places.
constexpr std::size_t kFewRanges = 2, kLeastRangeSize = std::size_t{1} << 12;

// The rows of W, or those of its transpose, and their parts.
struct Rows {
  const SparsePattern& pattern;
  bool transposed = false;

  std::size_t count() const { return transposed ? pattern.cols() : pattern.rows(); }
  std::span<const std::uint32_t> start() const {
    return transposed ? pattern.col_start() : pattern.row_start();
  }
  std::size_t parts() const { return transposed ? pattern.col_parts() : pattern.row_parts(); }
  kernels::SparseRows part(std::size_t p) const {
    const auto [begin, end] = transposed ? pattern.col_part(p) : pattern.row_part(p);
    return {count(), transposed ? pattern.rows() : pattern.cols(), begin, end,
            (transposed ? pattern.row() : pattern.col()).data()};
  }
};

// Ranges of rows with about as many places each.
class Ranges {
 public:
  explicit Ranges(const Rows& rows) : start_(rows.start()) {
    const std::size_t places = start_.back();
    count_ = std::max(places / kRangeSize, std::min(kFewRanges, places / kLeastRangeSize));
    count_ = std::max<std::size_t>(1, count_);
  }
  std::size_t count() const { return count_; }
  std::size_t begin(std::size_t i) const {
    if (i == 0) return 0;
    if (i == count_) return start_.size() - 1;
    const std::size_t places = i * std::size_t{start_.back()} / count_;
    return static_cast<std::size_t>(std::ranges::lower_bound(start_, places) - start_.begin());
  }

 private:
  std::span<const std::uint32_t> start_;
  std::size_t count_;
};

void require_width(const char* function, std::size_t width) {
  SURPLUS_REQUIRE(width > 0 && width % kTileUnit == 0, ArgumentError, function,
                  "tiles must be a positive multiple of 16 wide", "width", width);
}

// The number of tiles of x and y, of W's columns and rows.
std::size_t tiles_of(const char* function, Shape w, Shape x, Shape y) {
  SURPLUS_REQUIRE(w.rows > 0 && w.cols > 0, ArgumentError, function,
                  "the sparse matrix must have rows and columns", "shape", w);
  require_width(function, x.cols);
  const std::size_t tiles = x.rows / w.cols;
  SURPLUS_REQUIRE(x.rows == tiles * w.cols && y == (Shape{tiles * w.rows, x.cols}), ShapeError,
                  function, "operands must be equally many tiles of the matrix's columns and rows",
                  "matrix", w, "columns' side", x, "rows' side", y);
  return tiles;
}

void require_places(const char* function, const SparsePattern& w, std::size_t values) {
  SURPLUS_REQUIRE(values == w.size(), ShapeError, function, "there must be one value per place",
                  "values", values, "places", w.size());
}

// All tiles of a range, then the next range; of a tile, all rows of a part, then the next part.
template <typename T>
void product(const Rows& rows, const T* values, std::size_t tiles, MatrixView<const T> x,
             MatrixView<T> y, const T* bias, bool relu, bool add) {
  const Ranges ranges(rows);
  const auto task = [&](std::size_t i) {
    const std::size_t range = i / tiles, tile = i % tiles;
    const std::size_t begin = ranges.begin(range), end = ranges.begin(range + 1);
    for (std::size_t p = 0; p < rows.parts(); ++p) {
      const kernels::SparseRows w = rows.part(p);
      const T* const from = x.data() + tile * w.cols * x.stride();
      T* const to = y.data() + tile * w.rows * y.stride();
      const bool last_relu = relu && p + 1 == rows.parts();
      if (add || p > 0) {
        kernels::spmm_add(w, values, begin, end, 1, x.cols(), from, x.stride(), last_relu, to,
                          y.stride());
      } else {
        kernels::spmm(w, values, begin, end, 1, x.cols(), from, x.stride(), bias, last_relu, to,
                      y.stride());
      }
    }
  };
  parallel_for(tiles * ranges.count(), std::cref(task));
}

// d_values[k - first] for all places k of some rows.
template <typename T>
void sampled(const SparsePattern& w, std::size_t begin, std::size_t end, std::size_t tiles,
             MatrixView<const T> d_y, MatrixView<const T> x, bool add, std::size_t first,
             T* d_values) {
  const Rows rows{w};
  for (std::size_t p = 0; p < rows.parts(); ++p) {
    kernels::sddmm(rows.part(p), begin, end, tiles, x.cols(), d_y.data(), d_y.stride(), x.data(),
                   x.stride(), add, first, d_values);
  }
}

// body(tile, first example, examples), on all threads.
template <typename Body>
void for_tiles(std::size_t n, std::size_t width, const Body& body) {
  const auto task = [&](std::size_t tile) {
    body(tile, tile * width, std::min(width, n - tile * width));
  };
  parallel_for(tile_count(n, width), std::cref(task));
}

}  // namespace

template <typename T>
std::size_t tile_width(std::size_t n) {
  constexpr std::size_t kWide = kRowBytes / sizeof(T);
  // The last tile of few examples would be half empty.
  const bool wasteful = n < 4 * kWide && n % kWide != 0 && n % kWide <= kWide / 2;
  return wasteful ? std::max(kTileUnit, kWide / 2) : std::max(kTileUnit, kWide);
}

template <typename T>
void rows_to_tiles(std::type_identity_t<MatrixView<const T>> rows, MatrixView<T> tiles) {
  constexpr const char* kName = "rows_to_tiles";
  const std::size_t width = tiles.cols(), d = rows.cols();
  require_width(kName, width);
  SURPLUS_REQUIRE(tiles.rows() == tile_count(rows.rows(), width) * d, ShapeError, kName,
                  "there must be a row per feature in each tile", "rows", rows.shape(), "tiles",
                  tiles.shape());
  for_tiles(rows.rows(), width, [&](std::size_t tile, std::size_t first, std::size_t n) {
    kernels::to_tile(n, d, width, rows.data() + first * rows.stride(), rows.stride(),
                     tiles.data() + tile * d * tiles.stride(), tiles.stride());
  });
}

template <typename T>
void tiles_to_rows(std::type_identity_t<MatrixView<const T>> tiles, MatrixView<T> rows, bool add) {
  constexpr const char* kName = "tiles_to_rows";
  const std::size_t width = tiles.cols(), d = rows.cols();
  require_width(kName, width);
  SURPLUS_REQUIRE(tiles.rows() == tile_count(rows.rows(), width) * d, ShapeError, kName,
                  "there must be a row per feature in each tile", "rows", rows.shape(), "tiles",
                  tiles.shape());
  for_tiles(rows.rows(), width, [&](std::size_t tile, std::size_t first, std::size_t n) {
    kernels::from_tile(n, d, tiles.data() + tile * d * tiles.stride(), tiles.stride(), add,
                       rows.data() + first * rows.stride(), rows.stride());
  });
}

template <typename T>
void sparse_matmul(const SparsePattern& w, std::type_identity_t<std::span<const T>> values,
                   std::type_identity_t<MatrixView<const T>> x, MatrixView<T> y,
                   const SparseProduct<std::type_identity_t<T>>& how) {
  constexpr const char* kName = "sparse_matmul";
  require_places(kName, w, values.size());
  const std::size_t tiles = tiles_of(kName, w.shape(), x.shape(), y.shape());
  SURPLUS_REQUIRE(how.bias.empty() || how.bias.size() == w.rows(), ShapeError, kName,
                  "there must be a bias per row", "bias", how.bias.size(), "rows", w.rows());
  SURPLUS_REQUIRE(!how.add || (how.bias.empty() && !how.relu), ArgumentError, kName,
                  "what is added to can have neither bias nor relu");
  product(Rows{w}, values.data(), tiles, x, y, how.bias.empty() ? nullptr : how.bias.data(),
          how.relu, how.add);
}

template <typename T>
void sparse_matmul_transposed(const SparsePattern& w,
                              std::type_identity_t<std::span<const T>> by_column_values,
                              std::type_identity_t<MatrixView<const T>> x, MatrixView<T> y,
                              bool add) {
  constexpr const char* kName = "sparse_matmul_transposed";
  require_places(kName, w, by_column_values.size());
  const std::size_t tiles = tiles_of(kName, w.shape(), y.shape(), x.shape());
  product<T>(Rows{w, true}, by_column_values.data(), tiles, x, y, nullptr, false, add);
}

template <typename T>
void sampled_matmul(const SparsePattern& w, std::type_identity_t<MatrixView<const T>> d_y,
                    std::type_identity_t<MatrixView<const T>> x, std::span<T> d_values, bool add) {
  constexpr const char* kName = "sampled_matmul";
  require_places(kName, w, d_values.size());
  const std::size_t tiles = tiles_of(kName, w.shape(), x.shape(), d_y.shape());
  const Ranges ranges(Rows{w});
  const auto task = [&](std::size_t i) {
    sampled(w, ranges.begin(i), ranges.begin(i + 1), tiles, d_y, x, add, 0, d_values.data());
  };
  parallel_for(ranges.count(), std::cref(task));
}

template <typename T>
void sampled_matmul_in_pieces(const SparsePattern& w, MatrixView<const T> d_y,
                              std::type_identity_t<MatrixView<const T>> x,
                              const std::function<void(std::size_t, std::span<const T>)>& take) {
  const std::size_t tiles = tiles_of("sampled_matmul_in_pieces", w.shape(), x.shape(), d_y.shape());
  const Ranges ranges(Rows{w});
  const auto task = [&](std::size_t i) {
    const std::size_t begin = ranges.begin(i), end = ranges.begin(i + 1);
    const std::size_t first = w.row_start()[begin], count = w.row_start()[end] - first;
    T* const piece = static_cast<T*>(thread_scratch(count * sizeof(T)));
    sampled(w, begin, end, tiles, d_y, x, false, first, piece);
    take(first, {piece, count});
  };
  parallel_for(ranges.count(), std::cref(task));
}

#define SURPLUS_INSTANTIATE(T)                                                                    \
  template std::size_t tile_width<T>(std::size_t);                                                \
  template void rows_to_tiles<T>(MatrixView<const T>, MatrixView<T>);                             \
  template void tiles_to_rows<T>(MatrixView<const T>, MatrixView<T>, bool);                       \
  template void sparse_matmul<T>(const SparsePattern&, std::span<const T>, MatrixView<const T>,   \
                                 MatrixView<T>, const SparseProduct<T>&);                         \
  template void sparse_matmul_transposed<T>(const SparsePattern&, std::span<const T>,             \
                                            MatrixView<const T>, MatrixView<T>, bool);            \
  template void sampled_matmul<T>(const SparsePattern&, MatrixView<const T>, MatrixView<const T>, \
                                  std::span<T>, bool);                                            \
  template void sampled_matmul_in_pieces<T>(                                                      \
      const SparsePattern&, MatrixView<const T>, MatrixView<const T>,                             \
      const std::function<void(std::size_t, std::span<const T>)>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
