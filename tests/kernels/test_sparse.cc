#define BOOST_TEST_MODULE sparse
#include "kernels/sparse.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/sparse.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using kernels::SparseRows;
using tests::for_each_target;
using tests::Operand;

// Positions of a rows x cols matrix, each there with the given probability; every fifth row is
// empty.
struct Positions {
  Positions(std::size_t m, std::size_t n, double density, std::uint64_t seed) : rows(m), cols(n) {
    Operand<double> draw(m, n);
    draw.fill_random(seed, 0, 1);
    for (std::size_t r = 0; r < m; ++r) {
      for (std::size_t c = 0; c < n; ++c) {
        if (density == 1 || (r % 5 != 4 && draw(r, c) < density)) {
          col.push_back(static_cast<std::uint32_t>(c));
        }
      }
      start.push_back(static_cast<std::uint32_t>(col.size()));
    }
  }
  SparseRows view() const { return {rows, cols, start.data(), start.data() + 1, col.data()}; }

  std::size_t rows, cols;
  std::vector<std::uint32_t> start{0}, col;
};

struct Case {
  std::size_t rows, cols, tiles, width, gap, offset;
  double density;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const std::size_t shapes[][2] = {{1, 1}, {2, 3}, {7, 40}, {40, 7}, {63, 129}, {0, 5}, {5, 0}};
  std::size_t number = 0;
  for (const auto& [rows, cols] : shapes) {
    for (const double density : {0.0, 0.02, 0.1, 0.5, 1.0}) {
      const std::size_t tiles = number % 3 == 1 ? 2 : 1, width = 16 * (1 + number % 7);
      all.push_back({rows, cols, tiles, width, number % 4, number % 3, density});
      ++number;
    }
  }
  all.push_back({300, 257, 1, 16, 0, 0, 1.0 / 300 / 257});
  all.push_back({300, 257, 0, 16, 0, 0, 0.1});
  return all;
}

template <typename T>
bool is_near(T value, T exact, double bound) {
  return std::abs(static_cast<double>(value) - static_cast<double>(exact)) <= bound;
}

// Bounds: the header's, with |W| |x| taken by the reference as well.
template <typename T>
void compare_spmm(const Case& c) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  const Positions positions(c.rows, c.cols, c.density, 3 + c.rows);
  const SparseRows w = positions.view();
  const std::size_t features = c.tiles * c.cols, results = c.tiles * c.rows;
  Operand<T> x(features, c.width, c.offset, c.gap), values(1, positions.col.size(), c.offset),
      bias(1, c.rows, c.offset);
  x.fill_random(1);
  values.fill_random(2);
  bias.fill_random(3);
  Operand<T> sizes_x(features, c.width), sizes_w(1, positions.col.size()), sizes_b(1, c.rows);
  sizes_x.fill([&](std::size_t i, std::size_t j) { return std::abs(x(i, j)); });
  sizes_w.fill([&](std::size_t i, std::size_t j) { return std::abs(values(i, j)); });
  sizes_b.fill([&](std::size_t i, std::size_t j) { return std::abs(bias(i, j)); });
  Operand<T> sizes(results, c.width);
  kernels::reference::spmm(w, sizes_w.data(), 0, c.rows, c.tiles, c.width, sizes_x.data(), c.width,
                           sizes_b.data(), false, sizes.data(), c.width);
  const auto compare = [&](const Operand<T>& y, const Operand<T>& expected) {
    BOOST_TEST(y.intact());
    std::size_t wrong = 0;
    for (std::size_t t = 0; t < c.tiles; ++t) {
      for (std::size_t r = 0; r < c.rows; ++r) {
        const double terms = w.start[r + 1] - w.start[r] + 2;
        for (std::size_t i = 0; i < c.width; ++i) {
          const std::size_t at = t * c.rows + r;
          const double bound = terms * eps * static_cast<double>(sizes(at, i));
          wrong += is_near(y(at, i), expected(at, i), bound) ? 0 : 1;
        }
      }
    }
    BOOST_TEST(wrong == 0u);
  };
  for (const bool relu : {false, true}) {
    const T* const b = relu == (c.width % 32 == 0) ? nullptr : bias.data();
    Operand<T> y(results, c.width, c.offset, c.gap), expected(results, c.width);
    kernels::spmm(w, values.data(), 0, c.rows, c.tiles, c.width, x.data(), x.stride(), b, relu,
                  y.data(), y.stride());
    kernels::reference::spmm(w, values.data(), 0, c.rows, c.tiles, c.width, x.data(), x.stride(), b,
                             relu, expected.data(), expected.stride());
    compare(y, expected);
    for (Operand<T>* to : {&y, &expected}) {
      to->fill([&](std::size_t i, std::size_t) { return bias(0, i % c.rows); });
    }
    kernels::spmm_add(w, values.data(), 0, c.rows, c.tiles, c.width, x.data(), x.stride(), relu,
                      y.data(), y.stride());
    kernels::reference::spmm_add(w, values.data(), 0, c.rows, c.tiles, c.width, x.data(),
                                 x.stride(), relu, expected.data(), expected.stride());
    compare(y, expected);
  }
}

template <typename T>
void compare_sddmm(const Case& c) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  const Positions positions(c.rows, c.cols, c.density, 5 + c.cols);
  const SparseRows w = positions.view();
  const std::size_t count = positions.col.size();
  Operand<T> x(c.tiles * c.cols, c.width, c.offset, c.gap),
      d_y(c.tiles * c.rows, c.width, c.offset, c.gap);
  x.fill_random(1);
  d_y.fill_random(2);
  for (const bool add : {false, true}) {
    Operand<T> d(1, count, c.offset), expected(1, count);
    if (add) {
      d.fill_random(4);
      expected.fill_random(4);
    }
    kernels::sddmm(w, 0, c.rows, c.tiles, c.width, d_y.data(), d_y.stride(), x.data(), x.stride(),
                   add, 0, d.data());
    kernels::reference::sddmm(w, 0, c.rows, c.tiles, c.width, d_y.data(), d_y.stride(), x.data(),
                              x.stride(), add, 0, expected.data());
    BOOST_TEST(d.intact());
    // Operands lie in [-1, 1), so that each of the terms is at most 1.
    const double terms = static_cast<double>(c.tiles * c.width) + 2;
    std::size_t wrong = 0;
    for (std::size_t k = 0; k < count; ++k) {
      wrong += is_near(d(0, k), expected(0, k), terms * eps * terms) ? 0 : 1;
    }
    BOOST_TEST(wrong == 0u);
  }
}

template <typename Compare>
void for_all(const Compare& compare) {
  for_each_target([&](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const Case& c : cases()) {
        BOOST_TEST_CONTEXT("rows " << c.rows << ", columns " << c.cols << ", tiles " << c.tiles
                                   << ", width " << c.width << ", density " << c.density) {
          compare(c);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(products_agree_with_the_reference_on_every_target_shape_and_density) {
  for_all([](const Case& c) {
    compare_spmm<float>(c);
    compare_spmm<double>(c);
  });
}

BOOST_AUTO_TEST_CASE(sampled_products_agree_with_the_reference_on_every_target_shape_and_density) {
  for_all([](const Case& c) {
    compare_sddmm<float>(c);
    compare_sddmm<double>(c);
  });
}

template <typename T>
void compare_tiles(std::size_t n, std::size_t d, std::size_t width, std::size_t offset) {
  Operand<T> x(n, d, offset, 2), tile(d, width, offset, 1), expected(d, width);
  x.fill_random(n + d);
  kernels::to_tile(n, d, width, x.data(), x.stride(), tile.data(), tile.stride());
  kernels::reference::to_tile(n, d, width, x.data(), x.stride(), expected.data(), width);
  BOOST_TEST(tile.intact());
  std::size_t wrong = 0;
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = 0; i < width; ++i) wrong += tile(j, i) == expected(j, i) ? 0 : 1;
  }
  Operand<T> back(n, d, offset, 3);
  for (const bool add : {false, true}) {
    kernels::from_tile(n, d, tile.data(), tile.stride(), add, back.data(), back.stride());
    BOOST_TEST(back.intact());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        wrong += back(i, j) == (add ? 2 * x(i, j) : x(i, j)) ? 0 : 1;
      }
    }
  }
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(rows_become_tiles_and_tiles_rows_again) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t width : {16u, 32u, 48u, 112u}) {
        for (const std::size_t n : {std::size_t{0}, std::size_t{1}, width - 3, width}) {
          for (const std::size_t d : {0u, 1u, 15u, 64u, 131u}) {
            compare_tiles<float>(n, d, width, d % 3);
            compare_tiles<double>(n, d, width, d % 3);
          }
        }
      }
    }
  });
}

// Dense products with the mask applied afterwards, by the same kernels: all positions of a matrix
// with zeros at those that `mask` lacks.
template <typename T>
void compare_masked(std::size_t width) {
  constexpr std::size_t rows = 37, cols = 53, tiles = 2;
  const Positions mask(rows, cols, 0.2, 7), by_input(cols, rows, 0.2, 8), full(rows, cols, 1, 1),
      full_input(cols, rows, 1, 1);
  Operand<T> x(tiles * cols, width), d_y(tiles * rows, width), bias(1, rows);
  x.fill_random(1);
  d_y.fill_random(2);
  bias.fill_random(3);
  const auto spread = [](const Positions& from, const Operand<T>& values) {
    std::vector<T> dense(from.rows * from.cols, 0);
    for (std::size_t r = 0; r < from.rows; ++r) {
      for (std::uint32_t k = from.start[r]; k < from.start[r + 1]; ++k) {
        dense[r * from.cols + from.col[k]] = values(0, k);
      }
    }
    return dense;
  };
  const auto product = [&](const Positions& w, const T* values, const T* b, bool relu,
                           const Operand<T>& from) {
    Operand<T> y(tiles * w.rows, width);
    kernels::spmm(w.view(), values, 0, w.rows, tiles, width, from.data(), width, b, relu, y.data(),
                  width);
    return std::vector<T>(y.data(), y.data() + y.rows() * width);
  };
  Operand<T> values(1, mask.col.size()), of_input(1, by_input.col.size());
  values.fill_random(4);
  of_input.fill_random(5);
  const std::vector<T> dense = spread(mask, values), dense_input = spread(by_input, of_input);
  for (const bool relu : {false, true}) {
    BOOST_TEST((product(mask, values.data(), bias.data(), relu, x) ==
                product(full, dense.data(), bias.data(), relu, x)));
  }
  BOOST_TEST((product(by_input, of_input.data(), nullptr, false, d_y) ==
              product(full_input, dense_input.data(), nullptr, false, d_y)));
  Operand<T> d(1, mask.col.size()), d_full(1, rows * cols);
  kernels::sddmm(mask.view(), 0, rows, tiles, width, d_y.data(), width, x.data(), width, false, 0,
                 d.data());
  kernels::sddmm(full.view(), 0, rows, tiles, width, d_y.data(), width, x.data(), width, false, 0,
                 d_full.data());
  std::size_t wrong = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::uint32_t k = mask.start[r]; k < mask.start[r + 1]; ++k) {
      wrong += d(0, k) == d_full(0, r * cols + mask.col[k]) ? 0 : 1;
    }
  }
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(zeros_at_inactive_positions_change_no_bit_of_any_product) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t width : {16u, 32u, 64u, 80u}) {
        compare_masked<float>(width);
        compare_masked<double>(width);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(rows_have_the_same_bits_in_whatever_ranges_and_parts_they_are_computed) {
  constexpr std::size_t rows = 23, cols = 31, width = 48;
  const Positions positions(rows, cols, 0.3, 1);
  const SparseRows w = positions.view();
  Operand<float> x(cols, width), d_y(rows, width), values(1, positions.col.size());
  x.fill_random(1);
  d_y.fill_random(2);
  values.fill_random(3);
  for_each_target([&](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      Operand<float> y(rows, width), d(1, positions.col.size());
      kernels::spmm(w, values.data(), 0, rows, 1, width, x.data(), width, nullptr, false, y.data(),
                    width);
      kernels::sddmm(w, 0, rows, 1, width, d_y.data(), width, x.data(), width, false, 0, d.data());
      for (const std::size_t step : {1u, 2u, 5u}) {
        Operand<float> y_cut(rows, width), d_cut(1, positions.col.size());
        for (std::size_t begin = 0; begin < rows; begin += step) {
          const std::size_t end = std::min(rows, begin + step);
          kernels::spmm(w, values.data(), begin, end, 1, width, x.data(), width, nullptr, false,
                        y_cut.data(), width);
          kernels::sddmm(w, begin, end, 1, width, d_y.data(), width, x.data(), width, false, 0,
                         d_cut.data());
        }
        BOOST_TEST(std::equal(y.data(), y.data() + rows * width, y_cut.data()));
        BOOST_TEST(std::equal(d.data(), d.data() + d.cols(), d_cut.data()));
      }
      // Parts of the columns, some empty in some rows.
      std::vector<std::uint32_t> from = positions.start, to;
      Operand<float> y_parts(rows, width), d_parts(1, positions.col.size());
      for (const std::uint32_t last : {7u, 8u, 25u, 31u}) {
        to = from;
        for (std::size_t r = 0; r < rows; ++r) {
          while (to[r] < positions.start[r + 1] && positions.col[to[r]] < last) ++to[r];
        }
        const SparseRows part{rows, cols, from.data(), to.data(), positions.col.data()};
        if (last == 7) {
          kernels::spmm(part, values.data(), 0, rows, 1, width, x.data(), width, nullptr, false,
                        y_parts.data(), width);
        } else {
          kernels::spmm_add(part, values.data(), 0, rows, 1, width, x.data(), width, false,
                            y_parts.data(), width);
        }
        kernels::sddmm(part, 0, rows, 1, width, d_y.data(), width, x.data(), width, false, 0,
                       d_parts.data());
        from = to;
      }
      BOOST_TEST(std::equal(y.data(), y.data() + rows * width, y_parts.data()));
      BOOST_TEST(std::equal(d.data(), d.data() + d.cols(), d_parts.data()));
    }
  });
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_pass_through_to_the_rows_and_values_that_see_them) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  const std::uint32_t start[] = {0, 1, 2, 3}, col[] = {0, 1, 2};
  const SparseRows w{3, 3, start, start + 1, col};
  const float values[] = {1, 1, 1};
  Operand<float> x(3, 16), y(3, 16);
  const float rows[] = {nan, infinity, -3};
  x.fill([&](std::size_t i, std::size_t) { return rows[i]; });
  for_each_target([&](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      kernels::spmm(w, values, 0, 3, 1, 16, x.data(), 16, nullptr, true, y.data(), 16);
      BOOST_TEST(std::isnan(y(0, 5)));
      BOOST_TEST(y(1, 5) == infinity);
      BOOST_TEST(y(2, 5) == 0);
      float d[3];
      kernels::sddmm(w, 0, 3, 1, 16, x.data(), 16, x.data(), 16, false, 0, d);
      BOOST_TEST(std::isnan(d[0]));
      BOOST_TEST(d[1] == infinity);
      BOOST_TEST(d[2] == 144);
    }
  });
}

}  // namespace
}  // namespace surplus
