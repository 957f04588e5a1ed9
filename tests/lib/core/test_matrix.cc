#define BOOST_TEST_MODULE matrix
#include "surplus/core/matrix.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>

namespace surplus {
namespace {

BOOST_AUTO_TEST_CASE(a_matrix_is_aligned_row_major_and_filled) {
  const Matrix<float> a(3, 5, 2.0f);
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0u);
  BOOST_TEST(a(2, 4) == 2.0f);
  const Matrix<double> b{{1, 2}, {3, 4}};
  BOOST_TEST(b.data()[2] == 3.0);
}

BOOST_AUTO_TEST_CASE(a_matrix_of_many_pages_is_filled_to_its_last_element) {
  // From 4 MiB on memory is advised to lie in huge pages; neither end is at the edge of one.
  const std::size_t rows = (std::size_t{9} << 20) / sizeof(double) / 3 + 1;
  Matrix<double> a(rows, 3, 1.5);
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0u);
  a(0, 0) = a(rows - 1, 2) = 2.5;
  double sum = 0;
  for (const double value : a.values()) sum += value;
  BOOST_TEST(sum == 1.5 * static_cast<double>(3 * rows) + 2);
  BOOST_TEST((Matrix<double>(a.view()) == a));
}

BOOST_AUTO_TEST_CASE(copies_are_deep_and_moves_leave_nothing_behind) {
  Matrix<double> a{{1, 2}};
  Matrix<double> b = a;
  b(0, 0) = 9;
  BOOST_TEST(a(0, 0) == 1.0);
  const Matrix<double> c = std::move(b);
  BOOST_TEST(c(0, 0) == 9.0);
  BOOST_TEST(b.empty());  // NOLINT(bugprone-use-after-move)
}

BOOST_AUTO_TEST_CASE(a_block_shares_memory_and_keeps_the_stride) {
  Matrix<double> a{{1, 2, 3}, {4, 5, 6}};
  const MatrixView<double> block = a.view().block(0, 1, 2, 2);
  BOOST_TEST(block(1, 1) == 6.0);
  BOOST_TEST(block.stride() == 3u);
  BOOST_TEST(!block.is_contiguous());
  block(0, 0) = 7;
  BOOST_TEST(a(0, 1) == 7.0);
  BOOST_TEST(Matrix<double>(block)(1, 0) == 5.0);
}

BOOST_AUTO_TEST_CASE(wrong_shapes_are_refused_with_what_was_required_and_what_came) {
  const auto says = [](const char* text) {
    return [text](const ShapeError& e) { return e.what() == std::string(text); };
  };
  const Matrix<double> a(2, 3);
  BOOST_CHECK_EXCEPTION(a.view().block(1, 1, 2, 2), ShapeError,
                        says("MatrixView::block: the block must lie inside the matrix; got row 1, "
                             "column 1, block 2 x 2, matrix 2 x 3"));
  BOOST_CHECK_EXCEPTION((Matrix<double>{{1, 2}, {3}}), ShapeError,
                        says("Matrix: all rows must be equally long; got first 2, other 1"));
  BOOST_CHECK_EXCEPTION((MatrixView<const double>(a.data(), 2, 3, 2)), ShapeError,
                        says("MatrixView: stride must be at least the number of columns; got "
                             "stride 2, columns 3"));
  BOOST_CHECK_THROW(Matrix<double>(std::size_t{1} << 40, std::size_t{1} << 40), ShapeError);
}

}  // namespace
}  // namespace surplus
