#include "surplus/linalg/matmul.h"

#include <algorithm>
#include <functional>

#include "kernels/gemm.h"
#include "kernels/syrk.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/scratch.h"

namespace surplus {
namespace {

using kernels::Op;

// C is cut into blocks of at most kBlock x kBlock, and into smaller ones while there are fewer than
// kEnough and each is still worth a task. Each block packs its own rows of A and columns of B, so
// narrower blocks than kSmallest would pack more than they multiply. Sizes alone decide, and no
// bit of the result depends on the cut.
constexpr std::size_t kBlock = 512, kEnough = 8, kSmallest = 64;
constexpr double kWorthATask = 4e6;  // flops, some 30 microseconds

struct Blocks {
  Chunks rows, cols;

  Blocks(std::size_t m, std::size_t n, std::size_t k) : rows{m, kBlock}, cols{n, kBlock} {
    while (count() < kEnough && flops(k) > 2 * kWorthATask) {
      Chunks& longer = longest(rows) >= longest(cols) ? rows : cols;
      if (longest(longer) <= kSmallest) break;
      longer.size = std::max(kSmallest, longest(longer) / 2 / kSmallest * kSmallest);
    }
  }
  std::size_t count() const { return rows.count() * cols.count(); }

 private:
  static std::size_t longest(const Chunks& chunks) { return std::min(chunks.n, chunks.size); }
  // Of the largest block.
  double flops(std::size_t k) const {
    return 2.0 * static_cast<double>(longest(rows)) * static_cast<double>(longest(cols)) *
           static_cast<double>(k);
  }
};

static_assert(kSmallest % kernels::kPackedColumns == 0 && kBlock % kernels::kPackedColumns == 0);

// Checks the shapes and calls block(j, m, n, a, c, scratch) for each block of C, in parallel: m x n
// elements from column j on, with a and c pointing at the block's first row and element.
template <typename T, typename Block>
void for_each_block(MatrixView<const T> a, Shape op_b, const T* b, MatrixView<T> c,
                    const MatmulConfig& config, const Block& block) {
  const Shape op_a = config.transpose_a ? Shape{a.cols(), a.rows()} : a.shape();
  SURPLUS_REQUIRE(op_a.cols == op_b.rows && c.shape() == (Shape{op_a.rows, op_b.cols}), ShapeError,
                  "matmul", "c must be op(a) times op(b)", "op(a)", op_a, "op(b)", op_b, "c",
                  c.shape());
  SURPLUS_REQUIRE(c.empty() || (c.data() != a.data() && c.data() != b), ArgumentError, "matmul",
                  "c must not be a or b");
  const Blocks blocks(c.rows(), c.cols(), op_a.cols);
  const auto multiply_block = [&](std::size_t index) {
    const std::size_t row = index / blocks.cols.count(), col = index % blocks.cols.count();
    const std::size_t i = blocks.rows.begin(row), j = blocks.cols.begin(col);
    const std::size_t m = blocks.rows.end(row) - i, n = blocks.cols.end(col) - j;
    void* const scratch = thread_scratch(kernels::gemm_scratch_size(m, n, op_a.cols));
    block(j, m, n, a.data() + (config.transpose_a ? i : i * a.stride()),
          c.data() + i * c.stride() + j, scratch);
  };
  // By reference, because a std::function would allocate for what the lambda captures.
  parallel_for(blocks.count(), std::cref(multiply_block));
}

Op op(bool transpose) { return transpose ? Op::kTransposed : Op::kPlain; }

template <typename T>
void multiply(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c,
              const MatmulConfig& config) {
  const Shape op_b = config.transpose_b ? Shape{b.cols(), b.rows()} : b.shape();
  for_each_block(
      a, op_b, b.data(), c, config,
      [&](std::size_t j, std::size_t m, std::size_t n, const T* from, T* to, void* scratch) {
        kernels::gemm(op(config.transpose_a), op(config.transpose_b), m, n, op_b.rows,
                      static_cast<T>(config.alpha), from, a.stride(),
                      b.data() + (config.transpose_b ? j * b.stride() : j), b.stride(),
                      static_cast<T>(config.beta), to, c.stride(), scratch);
      });
}

template <typename T>
void multiply(MatrixView<const T> a, const PackedMatrix<T>& b, MatrixView<T> c,
              const MatmulConfig& config) {
  for_each_block(
      a, b.shape(), b.data(), c, config,
      [&](std::size_t j, std::size_t m, std::size_t n, const T* from, T* to, void* scratch) {
        kernels::gemm_packed(op(config.transpose_a), m, n, b.shape().rows,
                             static_cast<T>(config.alpha), from, a.stride(), b.data(),
                             b.shape().cols, j, static_cast<T>(config.beta), to, c.stride(),
                             scratch);
      });
}

// A piece stays in the cache of its core until it is used; one of few rows is longer.
constexpr std::size_t kPieceRows = 256, kPieceElements = std::size_t{1} << 16;

template <typename T>
void multiply_in_pieces(MatrixView<const T> a, MatrixView<const T> b, const UsePiece<T>& use,
                        const MatmulConfig& config) {
  const Shape op_a = config.transpose_a ? Shape{a.cols(), a.rows()} : a.shape();
  const Shape op_b = config.transpose_b ? Shape{b.cols(), b.rows()} : b.shape();
  SURPLUS_REQUIRE(op_a.cols == op_b.rows, ShapeError, "matmul_in_pieces",
                  "op(a) must have as many columns as op(b) has rows", "op(a)", op_a, "op(b)",
                  op_b);
  SURPLUS_REQUIRE(config.beta == 0, ArgumentError, "matmul_in_pieces",
                  "beta must be 0 when there is no c to add to", "beta", config.beta);
  const Chunks rows{op_a.rows, kPieceRows};
  const std::size_t longest = std::clamp<std::size_t>(op_a.rows, 1, kPieceRows);
  const Chunks cols{op_b.cols, kPieceElements / longest};
  const auto multiply_piece = [&](std::size_t index) {
    const std::size_t i = rows.begin(index / cols.count()), j = cols.begin(index % cols.count());
    const std::size_t m = rows.end(index / cols.count()) - i;
    const std::size_t n = cols.end(index % cols.count()) - j;
    const std::size_t of_gemm = (kernels::gemm_scratch_size(m, n, op_a.cols) + 63) / 64 * 64;
    auto* const scratch = static_cast<std::byte*>(thread_scratch(of_gemm + m * n * sizeof(T)));
    T* const piece = reinterpret_cast<T*>(scratch + of_gemm);
    kernels::gemm(op(config.transpose_a), op(config.transpose_b), m, n, op_a.cols,
                  static_cast<T>(config.alpha),
                  a.data() + (config.transpose_a ? i : i * a.stride()), a.stride(),
                  b.data() + (config.transpose_b ? j * b.stride() : j), b.stride(), T{0}, piece, n,
                  scratch);
    use(i, j, MatrixView<const T>(piece, m, n));
  };
  parallel_for(rows.count() * cols.count(), std::cref(multiply_piece));
}

// Tiles of the lower triangle, row after row; those on the diagonal are triangles themselves.
template <typename T>
void multiply_gram(MatrixView<const T> a, MatrixView<T> c, const GramConfig& config) {
  const Shape op_a = config.transpose ? Shape{a.cols(), a.rows()} : a.shape();
  SURPLUS_REQUIRE(c.shape() == (Shape{op_a.rows, op_a.rows}), ShapeError, "gram",
                  "c must be op(a) times its transpose", "op(a)", op_a, "c", c.shape());
  Chunks rows{op_a.rows, kBlock};
  while (rows.count() < 4 && rows.size > kSmallest &&
         static_cast<double>(rows.size * rows.size) * static_cast<double>(op_a.cols) >
             kWorthATask) {
    rows.size /= 2;
  }
  const std::size_t step = config.transpose ? 1 : a.stride();
  const T alpha = static_cast<T>(config.alpha), beta = static_cast<T>(config.beta);
  const auto multiply_tile = [&](std::size_t index) {
    std::size_t row = 0;
    while ((row + 1) * (row + 2) / 2 <= index) ++row;
    const std::size_t i = rows.begin(row), j = rows.begin(index - row * (row + 1) / 2);
    const std::size_t m = rows.end(row) - i, k = op_a.cols;
    T* const to = c.data() + i * c.stride() + j;
    if (i == j) {
      void* const scratch = thread_scratch(kernels::syrk_scratch_size(m, k));
      kernels::syrk(config.transpose, m, k, alpha, a.data() + i * step, a.stride(), beta, to,
                    c.stride(), scratch);
    } else {
      void* const scratch = thread_scratch(kernels::gemm_scratch_size(m, rows.size, k));
      kernels::gemm(op(config.transpose), op(!config.transpose), m, rows.size, k, alpha,
                    a.data() + i * step, a.stride(), a.data() + j * step, a.stride(), beta, to,
                    c.stride(), scratch);
    }
  };
  parallel_for(rows.count() * (rows.count() + 1) / 2, std::cref(multiply_tile));
}

template <typename T>
Matrix<T> product(MatrixView<const T> a, MatrixView<const T> b, const MatmulConfig& config) {
  SURPLUS_REQUIRE(config.beta == 0, ArgumentError, "matmul",
                  "beta must be 0 when there is no c to add to", "beta", config.beta);
  Matrix<T> c(config.transpose_a ? a.cols() : a.rows(), config.transpose_b ? b.rows() : b.cols());
  multiply(a, b, c.view(), config);
  return c;
}

}  // namespace

void matmul(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
            const MatmulConfig& config) {
  multiply(a, b, c, config);
}
void matmul(MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c,
            const MatmulConfig& config) {
  multiply(a, b, c, config);
}
Matrix<float> matmul(MatrixView<const float> a, MatrixView<const float> b,
                     const MatmulConfig& config) {
  return product(a, b, config);
}
Matrix<double> matmul(MatrixView<const double> a, MatrixView<const double> b,
                      const MatmulConfig& config) {
  return product(a, b, config);
}
void gram(MatrixView<const float> a, MatrixView<float> c, const GramConfig& config) {
  multiply_gram(a, c, config);
}
void gram(MatrixView<const double> a, MatrixView<double> c, const GramConfig& config) {
  multiply_gram(a, c, config);
}
void matmul_in_pieces(MatrixView<const float> a, MatrixView<const float> b,
                      const UsePiece<float>& use, const MatmulConfig& config) {
  multiply_in_pieces(a, b, use, config);
}
void matmul_in_pieces(MatrixView<const double> a, MatrixView<const double> b,
                      const UsePiece<double>& use, const MatmulConfig& config) {
  multiply_in_pieces(a, b, use, config);
}
void matmul(MatrixView<const float> a, const PackedMatrix<float>& b, MatrixView<float> c,
            const MatmulConfig& config) {
  multiply(a, b, c, config);
}
void matmul(MatrixView<const double> a, const PackedMatrix<double>& b, MatrixView<double> c,
            const MatmulConfig& config) {
  multiply(a, b, c, config);
}

template <typename T>
PackedMatrix<T>::PackedMatrix(MatrixView<const T> b, bool transpose_b)
    : shape_(transpose_b ? Shape{b.cols(), b.rows()} : b.shape()),
      packed_(1, kernels::gemm_packed_size<T>(shape_.cols, shape_.rows)) {
  kernels::gemm_pack_b(op(transpose_b), shape_.cols, shape_.rows, b.data(), b.stride(),
                       packed_.data());
}

template class PackedMatrix<float>;
template class PackedMatrix<double>;

}  // namespace surplus
