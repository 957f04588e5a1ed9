/// The loops that elementwise rules are written with, cut into chunks for the threads.
#ifndef SURPLUS_AUTODIFF_LOOPS_H_
#define SURPLUS_AUTODIFF_LOOPS_H_

#include <algorithm>
#include <cstddef>
#include <functional>

#include "surplus/core/matrix.h"
#include "surplus/core/parallel.h"

namespace surplus::ad {

// Elements a task should have: some 10 microseconds of elementwise work.
constexpr std::size_t kTaskElements = std::size_t{1} << 15;

/// body(begin, end) for the chunks, on all threads.
template <typename Body>
void for_chunks(const Chunks& chunks, const Body& body) {
  const auto task = [&](std::size_t chunk) { body(chunks.begin(chunk), chunks.end(chunk)); };
  parallel_for(chunks.count(), std::cref(task));
}

/// body(begin, end) for ranges that cover the rows of `shape`, on all threads.
template <typename Body>
void for_rows(Shape shape, const Body& body) {
  const std::size_t rows = kTaskElements / std::max<std::size_t>(1, shape.cols);
  for_chunks({shape.rows, std::max<std::size_t>(1, rows)}, body);
}

/// body(begin, end) for ranges that cover the columns of `shape`, on all threads.
template <typename Body>
void for_columns(Shape shape, const Body& body) {
  constexpr std::size_t kNarrowest = 64;  // a few cache lines a row
  const std::size_t cols = kTaskElements / std::max<std::size_t>(1, shape.rows);
  for_chunks({shape.cols, std::max(kNarrowest, cols / kNarrowest * kNarrowest)}, body);
}

/// body(i, n) for runs of n elements from (i, 0) on that cover all views, which are of one shape: a
/// row each, or many if no view has gaps between its rows. On all threads.
template <typename Body, typename T, typename... Ts>
void for_runs(const Body& body, const MatrixView<T>& first, const MatrixView<Ts>&... rest) {
  const bool gapless = first.is_contiguous() && (rest.is_contiguous() && ...);
  for_rows(first.shape(), [&](std::size_t begin, std::size_t end) {
    if (gapless) return body(begin, (end - begin) * first.cols());
    for (std::size_t i = begin; i < end; ++i) body(i, first.cols());
  });
}

/// f(x, ...) for each element of views of one shape, on all threads: f gets references to the
/// elements that stand at one place.
template <typename F, typename... Ts>
void for_elements(const F& f, const MatrixView<Ts>&... views) {
  for_runs(
      [&](std::size_t i, std::size_t n) {
        [&](auto* const... runs) {
          for (std::size_t j = 0; j < n; ++j) f(runs[j]...);
        }((views.data() + i * views.stride())...);
      },
      views...);
}

/// to += factor from, where `to` has the rows of `from` or one, and its columns or one: what is
/// missing is summed over, within a row as kernels::row_sum does, rows in their order.
template <typename T>
void reduce_add(MatrixView<const T> from, MatrixView<T> to, T factor = 1);

/// to += factor from, where `from` has the rows of `to` or one, and its columns or one: each of its
/// elements counts for all that reduce_add() would sum.
template <typename T>
void broadcast_add(MatrixView<const T> from, MatrixView<T> to, T factor = 1);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_LOOPS_H_
