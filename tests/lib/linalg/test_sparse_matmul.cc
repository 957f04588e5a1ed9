#define BOOST_TEST_MODULE sparse_matmul
#include "surplus/linalg/sparse_matmul.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

using Numbers = std::vector<std::uint32_t>;

// Each place with the given probability, and its value.
template <typename T>
Matrix<T> sparse_matrix(Shape shape, double density, std::uint64_t seed) {
  Matrix<T> w = random_matrix<T>(shape.rows, shape.cols, seed);
  Rng rng(seed + 1);
  for (T& value : w.values()) {
    if (rng.uniform() >= density) value = 0;
  }
  return w;
}

template <typename T>
Matrix<T> tiled(const Matrix<T>& rows, std::size_t width) {
  Matrix<T> tiles(tile_count(rows.rows(), width) * rows.cols(), width);
  rows_to_tiles(rows, tiles.view());
  return tiles;
}

template <typename T>
Matrix<T> untiled(const Matrix<T>& tiles, Shape shape) {
  Matrix<T> rows(shape.rows, shape.cols);
  tiles_to_rows(tiles, rows.view());
  return rows;
}

BOOST_AUTO_TEST_CASE(a_pattern_has_its_places_by_row_and_by_column) {
  const Numbers positions{1, 3, 4, 9, 11};
  const SparsePattern pattern({3, 4}, positions);
  BOOST_TEST((pattern.shape() == Shape{3, 4}));
  BOOST_TEST(pattern.size() == 5u);
  BOOST_TEST(pattern.density() == 5.0 / 12);
  BOOST_TEST(pattern.bytes() == 4u * (4 + 5 + 3 * 5));
  const auto list = [](std::span<const std::uint32_t> numbers) {
    return Numbers(numbers.begin(), numbers.end());
  };
  BOOST_TEST(list(pattern.row_start()) == (Numbers{0, 2, 3, 5}), boost::test_tools::per_element());
  BOOST_TEST(list(pattern.col()) == (Numbers{1, 3, 0, 1, 3}), boost::test_tools::per_element());
  BOOST_TEST(list(pattern.col_start()) == (Numbers{0, 1, 3, 3, 5}),
             boost::test_tools::per_element());
  BOOST_TEST(list(pattern.row()) == (Numbers{1, 0, 2, 0, 2}), boost::test_tools::per_element());
  BOOST_TEST(list(pattern.number()) == (Numbers{2, 0, 3, 1, 4}), boost::test_tools::per_element());
  BOOST_TEST(pattern.positions() == positions, boost::test_tools::per_element());
  BOOST_TEST((pattern == SparsePattern({3, 4}, positions)));
  BOOST_TEST((pattern != SparsePattern({4, 3}, positions)));
}

BOOST_AUTO_TEST_CASE(patterns_may_lack_places_rows_or_columns) {
  BOOST_TEST(SparsePattern().size() == 0u);
  BOOST_TEST(SparsePattern().density() == 0);
  for (const Shape shape : {Shape{0, 3}, Shape{3, 0}, Shape{2, 3}}) {
    const SparsePattern pattern(shape, {});
    BOOST_TEST(pattern.row_start().size() == shape.rows + 1);
    BOOST_TEST(pattern.col_start().size() == shape.cols + 1);
    BOOST_TEST(pattern.positions().empty());
    BOOST_TEST(SparsePattern::full(shape).size() == shape.rows * shape.cols);
  }
}

BOOST_AUTO_TEST_CASE(parts_of_rows_and_columns_follow_each_other_and_have_some_columns_or_rows) {
  for (const double density : {0.0, 0.02, 0.4, 1.0}) {
    const auto pattern =
        SparsePattern::of_dense<double>(sparse_matrix<double>({500, 1700}, density, 5));
    BOOST_TEST(pattern.row_parts() > 1u);
    BOOST_TEST((density < 0.4 || pattern.col_parts() > 1));
    const auto check = [](auto part, std::size_t parts, std::span<const std::uint32_t> start,
                          std::span<const std::uint32_t> across, std::uint32_t most) {
      const std::size_t rows = start.size() - 1;
      std::size_t wrong = 0;
      for (std::size_t p = 0; p < parts; ++p) {
        const auto [begin, end] = part(p);
        for (std::size_t r = 0; r < rows; ++r) {
          wrong += begin[r] != (p == 0 ? start[r] : part(p - 1).end[r]) || end[r] < begin[r];
          wrong += p + 1 == parts && end[r] != start[r + 1];
          for (std::uint32_t k = begin[r]; k < end[r]; ++k) {
            wrong += across[k] < p * most / parts || across[k] >= (p + 1) * most / parts;
          }
        }
      }
      BOOST_TEST(wrong == 0u);
    };
    check([&](std::size_t p) { return pattern.row_part(p); }, pattern.row_parts(),
          pattern.row_start(), pattern.col(), 1700);
    check([&](std::size_t p) { return pattern.col_part(p); }, pattern.col_parts(),
          pattern.col_start(), pattern.row(), 500);
  }
}

BOOST_AUTO_TEST_CASE(places_and_values_make_the_matrix_that_they_were_taken_from) {
  for (const Shape shape : {Shape{1, 1}, Shape{7, 5}, Shape{40, 300}}) {
    for (const double density : {0.0, 0.05, 0.5, 1.0}) {
      const auto w = sparse_matrix<double>(shape, density, 3);
      const auto pattern = SparsePattern::of_dense<double>(w);
      const std::vector<double> values = values_at<double>(pattern, w);
      BOOST_TEST((to_dense<double>(pattern, values) == w));
      BOOST_TEST((pattern == SparsePattern(shape, pattern.positions())));
      std::vector<double> by_column(values.size());
      order_by_column<double>(pattern, values, by_column);
      for (std::size_t c = 0; c < shape.cols; ++c) {
        for (std::uint32_t k = pattern.col_start()[c]; k < pattern.col_start()[c + 1]; ++k) {
          BOOST_TEST(by_column[k] == w(pattern.row()[k], c));
        }
      }
    }
  }
}

// Of a matrix with empty rows and columns, and of n examples; bounds are those of kernels/sparse.h
// for the elements of random_matrix(), which are at most 1.
template <typename T>
void products_agree(Shape shape, double density, std::size_t n, std::size_t width) {
  const auto w = sparse_matrix<T>(shape, density, 1);
  const auto pattern = SparsePattern::of_dense<T>(w);
  const std::vector<T> values = values_at<T>(pattern, w);
  const auto x = random_matrix<T>(n, shape.cols, 2), d_y = random_matrix<T>(n, shape.rows, 3),
             bias = random_matrix<T>(1, shape.rows, 4);
  const std::size_t tiles = tile_count(n, width);
  const auto close = [](const Matrix<T>& a, const Matrix<T>& b, std::size_t terms) {
    const double bound = 2 * static_cast<double>(terms + 2) * static_cast<double>(terms + 2) *
                         std::numeric_limits<T>::epsilon();
    BOOST_TEST((a.shape() == b.shape()));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto difference = static_cast<double>(a.values()[i] - b.values()[i]);
      wrong += std::abs(difference) <= bound ? 0 : 1;
    }
    BOOST_TEST(wrong == 0u);
  };
  Matrix<T> y(tiles * shape.rows, width, T(7)), expected(n, shape.rows);
  sparse_matmul(pattern, values, tiled(x, width), y.view(), {.bias = bias.values(), .relu = true});
  matmul(x, w, expected, {.transpose_b = true});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t r = 0; r < shape.rows; ++r) {
      expected(i, r) = std::max(T{0}, expected(i, r) + bias(0, r));
    }
  }
  close(untiled(y, {n, shape.rows}), expected, shape.cols);
  y = tiled(d_y, width);
  sparse_matmul(pattern, values, tiled(x, width), y.view(), {.add = true});
  expected = d_y;
  matmul(x, w, expected, {.transpose_b = true, .beta = 1});
  close(untiled(y, {n, shape.rows}), expected, shape.cols);

  std::vector<T> by_column(values.size());
  order_by_column<T>(pattern, values, by_column);
  Matrix<T> d_x(tiles * shape.cols, width, T(7));
  sparse_matmul_transposed(pattern, by_column, tiled(d_y, width), d_x.view());
  close(untiled(d_x, {n, shape.cols}), matmul(d_y, w), shape.rows);
  d_x = tiled(x, width);
  sparse_matmul_transposed(pattern, by_column, tiled(d_y, width), d_x.view(), true);
  expected = x;
  matmul(d_y, w, expected, {.beta = 1});
  close(untiled(d_x, {n, shape.cols}), expected, shape.rows);

  Matrix<T> d(1, values.size(), T(7));
  sampled_matmul(pattern, tiled(d_y, width), tiled(x, width), d.row(0));
  const Matrix<T> d_w = matmul(d_y, x, {.transpose_a = true});
  Matrix<T> sampled(1, values.size());
  std::ranges::copy(values_at<T>(pattern, d_w), sampled.values().begin());
  close(d, sampled, n);
  sampled_matmul(pattern, tiled(d_y, width), tiled(x, width), d.row(0), true);
  for (T& value : sampled.values()) value *= 2;
  close(d, sampled, 2 * n);
}

BOOST_AUTO_TEST_CASE(sparse_products_are_those_of_the_matrix_with_its_zeros) {
  for (const Shape shape : {Shape{1, 1}, Shape{3, 20}, Shape{33, 9}, Shape{150, 400}}) {
    for (const double density : {0.0, 0.01, 0.3, 1.0}) {
      for (const std::size_t n : {1u, 7u, 32u, 100u}) {
        products_agree<float>(shape, density, n, tile_width<float>(n));
        products_agree<double>(shape, density, n, 48);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(tiles_hold_zeros_after_the_last_example) {
  const auto x = random_matrix<double>(20, 3, 1);
  const Matrix<double> tiles = tiled(x, 16);
  for (std::size_t j = 0; j < 3; ++j) {
    for (std::size_t i = 0; i < 32; ++i) {
      BOOST_TEST(tiles(i / 16 * 3 + j, i % 16) == (i < 20 ? x(i, j) : 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(tiles_are_never_so_wide_that_most_of_a_few_examples_is_padding) {
  for (std::size_t n = 0; n < 300; ++n) {
    for (const std::size_t width : {tile_width<float>(n), tile_width<double>(n)}) {
      BOOST_TEST(width > 0u);
      BOOST_TEST(width % kTileUnit == 0u);
      BOOST_TEST(tile_count(n, width) * width < n + std::max<std::size_t>(kTileUnit, n / 2 + 1));
    }
  }
  BOOST_TEST(tile_width<float>(128) == 32u);
  BOOST_TEST(tile_width<float>(40) == 16u);
}

template <typename T>
void all_products(const SparsePattern& pattern, std::vector<Matrix<T>>& results) {
  const std::size_t n = 100, width = 32, tiles = tile_count(n, width);
  const auto values = random_matrix<T>(1, pattern.size(), 1);
  const Matrix<T> x = tiled(random_matrix<T>(n, pattern.cols(), 2), width),
                  d_y = tiled(random_matrix<T>(n, pattern.rows(), 3), width);
  Matrix<T> y(tiles * pattern.rows(), width), d_x(tiles * pattern.cols(), width),
      d(1, pattern.size()), pieces(1, pattern.size(), T(-7)), by_column(1, pattern.size());
  sparse_matmul(pattern, values.values(), x, y.view());
  order_by_column<T>(pattern, values.values(), by_column.values());
  sparse_matmul_transposed(pattern, by_column.values(), d_y, d_x.view());
  sampled_matmul(pattern, d_y, x, d.row(0));
  sampled_matmul_in_pieces<T>(pattern, d_y, x, [&](std::size_t k, std::span<const T> piece) {
    std::ranges::copy(piece, pieces.values().begin() + static_cast<std::ptrdiff_t>(k));
  });
  BOOST_TEST((pieces == d));
  results = {std::move(y), std::move(d_x), std::move(d)};
}

BOOST_AUTO_TEST_CASE(products_have_the_same_bits_with_any_number_of_threads) {
  // Rows of very different length, and places enough for several tasks and pieces.
  Numbers positions;
  for (std::uint32_t r = 0; r < 300; ++r) {
    for (std::uint32_t c = 0; c < 700; c += 1 + r % 7) positions.push_back(r * 700 + c);
  }
  const SparsePattern pattern({300, 700}, positions);
  BOOST_TEST(pattern.size() > 65536u);
  std::vector<Matrix<float>> one, two;
  set_thread_count(1);
  all_products(pattern, one);
  set_thread_count(2);
  all_products(pattern, two);
  set_thread_count(0);
  for (std::size_t i = 0; i < one.size(); ++i) BOOST_TEST((one[i] == two[i]));
}

BOOST_AUTO_TEST_CASE(bad_operands_are_refused) {
  using Span = std::span<const std::uint32_t>;
  const auto make = [](Shape shape, const Numbers& positions) {
    return SparsePattern(shape, Span(positions));
  };
  BOOST_CHECK_EXCEPTION(make({2, 3}, {1, 1}), ArgumentError,
                        says("SparsePattern: positions must ascend below the number of elements; "
                             "got index 1, position 1, shape 2 x 3"));
  BOOST_CHECK_EXCEPTION(make({2, 3}, {6}), ArgumentError,
                        says("SparsePattern: positions must ascend below the number of elements; "
                             "got index 0, position 6, shape 2 x 3"));
  BOOST_CHECK_EXCEPTION(make({65536, 65536}, {}), ShapeError,
                        says("SparsePattern: the matrix must have at most 2^32 - 2 elements; got "
                             "shape 65536 x 65536"));
  const SparsePattern pattern({2, 3}, Numbers{1, 5}), empty({2, 0}, {});
  const std::vector<double> two(2), three(3);
  std::vector<double> to(2);
  BOOST_CHECK_EXCEPTION(to_dense<double>(pattern, three), ShapeError,
                        says("to_dense: there must be one value per place; got values 3, places "
                             "2"));
  BOOST_CHECK_EXCEPTION(order_by_column<double>(pattern, three, to), ShapeError,
                        says("order_by_column: there must be one value per place; got values 3, "
                             "places 2"));
  BOOST_CHECK_EXCEPTION(values_at<double>(pattern, Matrix<double>(3, 2)), ShapeError,
                        says("values_at: the matrix must have the shape of the pattern; got "
                             "matrix 3 x 2, pattern 2 x 3"));
  Matrix<double> x(6, 16), y(4, 16), rows(20, 3), narrow(6, 15);
  BOOST_CHECK_EXCEPTION(sparse_matmul(pattern, three, x, y.view()), ShapeError,
                        says("sparse_matmul: there must be one value per place; got values 3, "
                             "places 2"));
  BOOST_CHECK_EXCEPTION(sparse_matmul(pattern, two, x, x.view()), ShapeError,
                        says("sparse_matmul: operands must be equally many tiles of the matrix's "
                             "columns and rows; got matrix 2 x 3, columns' side 6 x 16, rows' "
                             "side 6 x 16"));
  BOOST_CHECK_EXCEPTION(sparse_matmul(pattern, two, narrow, y.view()), ArgumentError,
                        says("sparse_matmul: tiles must be a positive multiple of 16 wide; got "
                             "width 15"));
  BOOST_CHECK_EXCEPTION(sparse_matmul(empty, std::span<const double>(), x, y.view()), ArgumentError,
                        says("sparse_matmul: the sparse matrix must have rows and columns; got "
                             "shape 2 x 0"));
  BOOST_CHECK_EXCEPTION(sparse_matmul(pattern, two, x, y.view(), {.bias = three}), ShapeError,
                        says("sparse_matmul: there must be a bias per row; got bias 3, rows 2"));
  BOOST_CHECK_EXCEPTION(sparse_matmul(pattern, two, x, y.view(), {.relu = true, .add = true}),
                        ArgumentError,
                        says("sparse_matmul: what is added to can have neither bias nor relu"));
  BOOST_CHECK_EXCEPTION(sampled_matmul(pattern, y, x, std::span<double>()), ShapeError,
                        says("sampled_matmul: there must be one value per place; got values 0, "
                             "places 2"));
  BOOST_CHECK_EXCEPTION(rows_to_tiles(rows, y.view()), ShapeError,
                        says("rows_to_tiles: there must be a row per feature in each tile; got "
                             "rows 20 x 3, tiles 4 x 16"));
  BOOST_CHECK_EXCEPTION(tiles_to_rows(narrow, rows.view()), ArgumentError,
                        says("tiles_to_rows: tiles must be a positive multiple of 16 wide; got "
                             "width 15"));
}

}  // namespace
}  // namespace surplus
