#define BOOST_TEST_MODULE matmul
#include "surplus/linalg/matmul.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "kernels/reference/gemm.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

const bool kBoth[] = {false, true};

template <typename T>
Matrix<T> stored(std::size_t rows, std::size_t cols, bool transposed, std::uint64_t seed) {
  return transposed ? random_matrix<T>(cols, rows, seed) : random_matrix<T>(rows, cols, seed);
}

template <typename T>
void compare_with_reference(std::size_t m, std::size_t n, std::size_t k) {
  for (const bool transpose_a : kBoth) {
    for (const bool transpose_b : kBoth) {
      const MatmulConfig config{transpose_a, transpose_b, -0.5, 2};
      const Matrix<T> a = stored<T>(m, k, transpose_a, 1), b = stored<T>(k, n, transpose_b, 2);
      Matrix<T> c = random_matrix<T>(m, n, 3);
      Matrix<T> expected = c, packed = c;
      matmul(a, b, c, config);
      matmul(a, PackedMatrix<T>(b, transpose_b), packed, config);
      kernels::reference::gemm(transpose_a, transpose_b, m, n, k, T(-0.5), a.data(), a.cols(),
                               b.data(), b.cols(), T{2}, expected.data(), n);
      BOOST_TEST((c == packed));
      // The header's bound and the reference's last rounding, with no element above 1.
      const auto depth = static_cast<double>(k);
      const double bound =
          (depth + depth / 64 + 5) * std::numeric_limits<T>::epsilon() * (0.5 * depth + 2);
      for (std::size_t i = 0; i < c.size(); ++i) {
        const double error =
            static_cast<double>(c.values()[i]) - static_cast<double>(expected.values()[i]);
        BOOST_TEST_REQUIRE(std::abs(error) <= bound);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(products_agree_with_the_reference_whole_and_cut_into_blocks) {
  compare_with_reference<float>(3, 5, 7);
  compare_with_reference<double>(1, 1, 1);
  compare_with_reference<float>(130, 700, 90);
  compare_with_reference<double>(600, 65, 130);
}

BOOST_AUTO_TEST_CASE(the_number_of_threads_does_not_change_a_bit) {
  for (const bool transpose_a : kBoth) {
    for (const bool transpose_b : kBoth) {
      const MatmulConfig config{.transpose_a = transpose_a, .transpose_b = transpose_b};
      const Matrix<float> a = stored<float>(300, 400, transpose_a, 4);
      const Matrix<float> b = stored<float>(400, 333, transpose_b, 5);
      set_thread_count(1);
      const Matrix<float> one = matmul(a, b, config);
      for (const std::size_t threads : {2u, 5u}) {
        set_thread_count(threads);
        BOOST_TEST((matmul(a, b, config) == one));
      }
      set_thread_count(0);
    }
  }
}

BOOST_AUTO_TEST_CASE(windows_on_larger_matrices_are_multiplied_in_place) {
  const Matrix<double> a = random_matrix<double>(20, 30, 6), b = random_matrix<double>(30, 40, 7);
  Matrix<double> c(50, 60, 9.0);
  const auto left = a.view().block(2, 3, 10, 12), right = b.view().block(5, 6, 12, 14);
  matmul(left, right, c.view().block(1, 2, 10, 14));
  const Matrix<double> expected = matmul(Matrix<double>(left), Matrix<double>(right));
  for (std::size_t i = 0; i < c.rows(); ++i) {
    for (std::size_t j = 0; j < c.cols(); ++j) {
      const bool inside = i >= 1 && i < 11 && j >= 2 && j < 16;
      BOOST_TEST(c(i, j) == (inside ? expected(i - 1, j - 2) : 9.0));
    }
  }
}

BOOST_AUTO_TEST_CASE(empty_sides_give_empty_or_scaled_results) {
  const Matrix<float> none(0, 4), wide(4, 3), flat(5, 0), empty(0, 3);
  BOOST_TEST((matmul(none, wide).shape() == Shape{0, 3}));
  BOOST_TEST((matmul(flat, empty) == Matrix<float>(5, 3)));
  Matrix<float> c(5, 3, 2.0f);
  matmul(flat, empty, c, {.beta = 0.5});
  BOOST_TEST((c == Matrix<float>(5, 3, 1.0f)));
  matmul(flat, PackedMatrix<float>(empty), c, {.beta = 3});
  BOOST_TEST((c == Matrix<float>(5, 3, 3.0f)));
}

BOOST_AUTO_TEST_CASE(beta_zero_does_not_read_c) {
  Matrix<float> c(2, 2, std::numeric_limits<float>::quiet_NaN());
  matmul(Matrix<float>{{1, 2}, {3, 4}}, Matrix<float>{{5, 6}, {7, 8}}, c);
  BOOST_TEST((c == Matrix<float>{{19, 22}, {43, 50}}));
}

template <typename T>
void pieces_make_up_the_product(std::size_t m, std::size_t n, std::size_t k, bool transpose_a,
                                bool transpose_b) {
  const auto a = transpose_a ? random_matrix<T>(k, m, 1) : random_matrix<T>(m, k, 1);
  const auto b = transpose_b ? random_matrix<T>(n, k, 2) : random_matrix<T>(k, n, 2);
  const MatmulConfig config{.transpose_a = transpose_a, .transpose_b = transpose_b, .alpha = 0.5};
  const Matrix<T> expected = matmul(a, b, config);
  for (const std::size_t threads : {1, 8}) {
    set_thread_count(threads);
    Matrix<T> c(m, n, 7), times(m, n);
    matmul_in_pieces(
        a, b,
        [&](std::size_t i, std::size_t j, MatrixView<const T> piece) {
          for (std::size_t row = 0; row < piece.rows(); ++row) {
            for (std::size_t col = 0; col < piece.cols(); ++col) {
              c(i + row, j + col) = piece(row, col);
              times(i + row, j + col) += 1;
            }
          }
        },
        config);
    set_thread_count(0);
    BOOST_TEST((c == expected));
    BOOST_TEST((times == Matrix<T>(m, n, 1)));
  }
}

BOOST_AUTO_TEST_CASE(pieces_make_up_the_product_to_the_bit) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      pieces_make_up_the_product<float>(300, 520, 37, transpose_a, transpose_b);
      pieces_make_up_the_product<double>(257, 5, 64, transpose_a, transpose_b);
      pieces_make_up_the_product<float>(0, 5, 3, transpose_a, transpose_b);
      pieces_make_up_the_product<float>(3, 2, 0, transpose_a, transpose_b);
    }
  }
}

BOOST_AUTO_TEST_CASE(errors_name_what_does_not_fit) {
  Matrix<float> a(2, 3), b(4, 5), c(2, 5);
  const std::string shapes = "matmul: c must be op(a) times op(b); got op(a) ";
  BOOST_CHECK_EXCEPTION(matmul(a, b, c), ShapeError, says(shapes + "2 x 3, op(b) 4 x 5, c 2 x 5"));
  BOOST_CHECK_EXCEPTION(matmul(a, b, c, {.transpose_a = true}), ShapeError,
                        says(shapes + "3 x 2, op(b) 4 x 5, c 2 x 5"));
  BOOST_CHECK_EXCEPTION(matmul(a, PackedMatrix<float>(b, true), c), ShapeError,
                        says(shapes + "2 x 3, op(b) 5 x 4, c 2 x 5"));
  BOOST_CHECK_EXCEPTION(matmul(a, b, {.beta = 0.5}), ArgumentError,
                        says("matmul: beta must be 0 when there is no c to add to; got beta 0.5"));
  const auto use = [](std::size_t, std::size_t, MatrixView<const float>) {};
  BOOST_CHECK_EXCEPTION(
      matmul_in_pieces(a, b, use), ShapeError,
      says("matmul_in_pieces: op(a) must have as many columns as op(b) has rows; got op(a) 2 x 3, "
           "op(b) 4 x 5"));
  BOOST_CHECK_EXCEPTION(
      matmul_in_pieces(a, b, use, {.transpose_a = true, .beta = 0.5}), std::invalid_argument,
      says("matmul_in_pieces: op(a) must have as many columns as op(b) has rows; got op(a) 3 x 2, "
           "op(b) 4 x 5"));
  BOOST_CHECK_EXCEPTION(
      matmul_in_pieces(a, Matrix<float>(3, 1), use, {.beta = 0.5}), ArgumentError,
      says("matmul_in_pieces: beta must be 0 when there is no c to add to; got beta 0.5"));
  Matrix<float> square(3, 3);
  BOOST_CHECK_EXCEPTION(matmul(square, Matrix<float>(3, 3), square), ArgumentError,
                        says("matmul: c must not be a or b"));
}

// The bound is matmul()'s for elements in [-1, 1); the upper triangle holds what must stay.
BOOST_AUTO_TEST_CASE(gram_is_the_lower_triangle_of_a_product_with_the_transpose) {
  for (const Shape shape : {Shape{0, 3}, Shape{3, 0}, Shape{1, 5}, Shape{70, 9}, Shape{700, 60}}) {
    for (const bool transpose : {false, true}) {
      const Matrix<double> plain = random_matrix<double>(shape.rows, shape.cols, 5);
      const Matrix<double> a = transpose ? tests::transpose(plain) : plain;
      Matrix<double> c = random_matrix<double>(shape.rows, shape.rows, 6);
      const Matrix<double> old = c;
      gram(a.view(), c.view(), {.transpose = transpose, .alpha = -2, .beta = 0.5});
      const Matrix<double> expected = tests::product(plain, tests::transpose(plain));
      const auto k = static_cast<double>(shape.cols);
      double worst = 0;
      for (std::size_t i = 0; i < shape.rows; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          worst = std::max(worst, std::abs(c(i, j) + 2 * expected(i, j) - 0.5 * old(i, j)));
        }
        for (std::size_t j = i + 1; j < shape.rows; ++j) BOOST_REQUIRE(c(i, j) == old(i, j));
      }
      BOOST_TEST(worst <= 2 * (k + k / 64 + 5) * 0x1p-52 * (2 * k + 0.5));
    }
  }
  Matrix<double> c(3, 3);
  BOOST_CHECK_EXCEPTION(
      gram(Matrix<double>(2, 3).view(), c.view()), ShapeError,
      tests::says("gram: c must be op(a) times its transpose; got op(a) 2 x 3, c 3 x 3"));
}

}  // namespace
}  // namespace surplus
