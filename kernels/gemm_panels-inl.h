// How the right operand of gemm reaches the tiles: panel by panel, where it lies or packed. Included once per target.

#if defined(SURPLUS_KERNELS_GEMM_PANELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GEMM_PANELS_INL_H_
#undef SURPLUS_KERNELS_GEMM_PANELS_INL_H_
#else
#define SURPLUS_KERNELS_GEMM_PANELS_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/highway.h"
#include "kernels/gemm_pack-inl.h"
#include "kernels/gemm_run-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// A range cut into the fewest parts of at most `most`, as equal as multiples of `unit` allow: the
// last part of an uneven cut would be short, and short parts are slow.
struct Cut {
  Cut(std::size_t range, std::size_t most, std::size_t unit)
      : total(range),
        size(CeilDiv(range <= most ? range : CeilDiv(range, CeilDiv(range, most)), unit) * unit) {}
  std::size_t total, size;
  std::size_t length(std::size_t begin) const { return std::min(size, total - begin); }
};

// Rows a multiple of 4 KiB apart, the span of L1's sets, collide: they share the lines of one set.
template <typename T>
HWY_INLINE bool Collides(std::size_t stride) {
  return stride * sizeof(T) % 4096 == 0;
}

template <typename T>
struct Operand {
  Op op;
  const T* data;
  std::size_t stride;

  // The address of element (i, j) of the operand as it enters the product.
  const T* at(std::size_t i, std::size_t j) const {
    return op == Op::kPlain ? data + i * stride + j : data + j * stride + i;
  }
};

template <typename T>
HWY_INLINE void Pack(const Operand<T>& from, std::size_t i, std::size_t j, std::size_t rows,
                     std::size_t cols, T* to, std::size_t to_stride) {
  if (from.op == Op::kPlain) {
    CopyBlock(rows, cols, from.at(i, j), from.stride, to, to_stride);
  } else {
    TransposeBlock(cols, rows, from.at(i, j), from.stride, to, to_stride);
  }
}

template <typename T>
std::size_t PaddedColumns(std::size_t n) {
  return CeilDiv(n, kTileCols<T>) * kTileCols<T>;
}

// The right operand: where it lies, or, if `packed` is not null, packed into panels of kTileCols
// columns. For each run of k, panel after panel stands there, each row by row; `columns` and
// `first`, the column that is the product's first, are multiples of kTileCols.
template <typename T>
struct RightOperand {
  Operand<T> plain;
  const T* packed;
  std::size_t columns, first;

  bool is_transposed() const { return packed == nullptr && plain.op == Op::kTransposed; }
  // Row p and on, `depth` of them, of the panel that begins with column j.
  const T* panel(std::size_t p, std::size_t j, std::size_t depth) const {
    return packed == nullptr ? plain.at(p, j) : packed + p * columns + (first + j) * depth;
  }
  std::size_t stride() const { return packed == nullptr ? plain.stride : kTileCols<T>; }
};

enum class Packing {
  kNone,    // panels are read where they lie
  kAtOnce,  // packed before their first tile
  kCopied,  // packed by their first tile; for plain operands
  kCarried,  // packed by the tiles of the panel before, which hides what memory takes; for plain operands
};

// The panels of B in the order in which they enter the product: run after run of k, from left to right.
template <typename T>
class Panels {
 public:
  // For a product that cuts k and n like this. Packed panels are kept for further rows of C, or give way to the next.
  Panels(const RightOperand<T>& b, const Cut& depths, const Cut& widths, Packing packing,
         bool keeps, T* scratch)
      : b_(b),
        depths_(depths),
        widths_(widths),
        packing_(packing),
        keeps_(keeps),
        scratch_(scratch) {}

  // Elements of scratch taken by n columns that are not kept.
  static std::size_t scratch_size(std::size_t n, std::size_t depth) {
    return std::clamp(PaddedColumns<T>(n), kCarriedSlots * kCols, kGroup * kCols) * depth;
  }

  // Makes the panel at (p, j), of the columns from `left` on, that of `tile`, which has its depth and columns, and the
  // next one its upcoming rows; `tiles` tiles follow. Panels that were kept are not packed again.
  HWY_INLINE void enter(std::size_t p, std::size_t left, std::size_t j, std::size_t tiles,
                        bool were_kept, TileArgs<T>& tile) {
    const bool packs = packing_ != Packing::kNone && !were_kept, is_whole = tile.cols == kCols;
    const std::size_t index = (j - left) / kCols;
    slot_ = keeps_                          ? index
            : packing_ == Packing::kCarried ? slot_ ^ 1
            : in_groups()                   ? index % kGroup
                                            : 0;
    T* const panel = scratch_ + slot_ * slot_size();
    tile.b = panel;
    tile.b_stride = kCols;
    tile.copy = nullptr;
    if (packing_ == Packing::kNone && (b_.packed != nullptr || CanReadInPlace<T>(tile.cols))) {
      tile.b = b_.panel(p, j, tile.k);
      tile.b_stride = b_.stride();
    } else if (packs && is_whole && packing_ == Packing::kCopied) {
      tile.b = b_.plain.at(p, j);
      tile.b_stride = b_.plain.stride;
      tile.copy = panel;
    } else if (packs && upcoming_.to != nullptr) {
      // Rows that the tiles have left.
      CopyBlock(upcoming_.rows, kCols, upcoming_.from, upcoming_.stride, upcoming_.to, kCols);
    } else if (packs && is_whole && in_groups()) {
      if (index % kGroup == 0) {
        const std::size_t count = std::min(kGroup, (left + widths_.length(left) - j) / kCols);
        CopyPanels(tile.k, count, kCols, b_.plain.at(p, j), b_.plain.stride, panel, slot_size());
      }
    } else if (!were_kept) {
      Pack(b_.plain, p, j, tile.k, tile.cols, panel, kCols);
    }
    upcoming_ = {};
    tile.upcoming = &upcoming_;
    if (packs && packing_ == Packing::kCarried && is_whole) {
      carry(p, left, j, tiles, tile.k);
    } else if ((!packs || packing_ == Packing::kCopied) && j + kCols < widths_.total) {
      fetch(p, j + kCols, tile.k, were_kept);
    }
  }

 private:
  static constexpr std::size_t kCols = kTileCols<T>;

  // Where panels are carried, one is read while the next is written.
  static constexpr std::size_t kCarriedSlots = 2;

  // So many panels are packed at once if they are plain, as many adjacent lines of each row.
  static constexpr std::size_t kGroup = 4;

  // A row is fetched this many turns of the tiles' loop, some 1500 cycles, before it is copied; of rows that
  // collide, fewer than a set of L1 has lines are on the way.
  static constexpr std::size_t kTurnsAhead = 64, kCollidingAhead = 6;

  bool in_groups() const { return packing_ == Packing::kAtOnce && !b_.is_transposed(); }
  std::size_t slot_size() const { return depths_.size * kCols; }

  // Has the tiles copy the panel that follows (p, j): of the same run of k or, if none is kept, the first of the next.
  void carry(std::size_t p, std::size_t left, std::size_t j, std::size_t tiles, std::size_t depth) {
    const std::size_t right = left + widths_.length(left);
    std::size_t next_p = p, next_j = j + kCols;
    if (next_j >= right) {
      if (keeps_ || p + depth == depths_.total) return;
      next_p = p + depth;
      next_j = left;
    }
    if (next_j + kCols > widths_.total) return;
    upcoming_.turns = upcoming_.waits = tiles / kLeastCarriers;
    upcoming_.from = b_.plain.at(next_p, next_j);
    upcoming_.stride = b_.plain.stride;
    upcoming_.rows = depths_.length(next_p);
    upcoming_.to = scratch_ + (keeps_ ? slot_ + 1 : slot_ ^ 1) * slot_size();
    const std::size_t rows = kTurnsAhead / upcoming_.turns;
    upcoming_.ahead =
        upcoming_.stride * (Collides<T>(upcoming_.stride) ? std::min(kCollidingAhead, rows) : rows);
  }

  // Has the tiles fetch the panel at (p, j), which was kept or lies in B.
  void fetch(std::size_t p, std::size_t j, std::size_t depth, bool was_kept) {
    upcoming_.from = was_kept ? scratch_ + (slot_ + 1) * slot_size() : b_.panel(p, j, depth);
    upcoming_.stride = was_kept ? kCols : b_.stride();
    upcoming_.rows = depth;
    upcoming_.turns = upcoming_.waits = 1;
  }

  const RightOperand<T>& b_;
  Cut depths_, widths_;
  Packing packing_;
  bool keeps_;
  T* scratch_;
  std::size_t slot_ = 0;
  Upcoming<T> upcoming_{};
};

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GEMM_PANELS_INL_H_
