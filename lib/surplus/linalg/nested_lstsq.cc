#include "surplus/linalg/nested_lstsq.h"

#include <algorithm>
#include <utility>

#include "kernels/blas.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

constexpr std::size_t kBlock = 512;
constexpr int kCorrections = 2;

// L L^T X = B, without the checks of triangular_solve(), which on small problems cost as much as the
// solution: L came out of the factorisation.
template <typename T>
void solve(MatrixView<const T> l, Matrix<T>& b) {
  for (const bool transposed : {false, true}) {
    kernels::trsm_left(transposed, b.rows(), b.cols(), l.data(), l.stride(), b.data(), b.cols());
  }
}

template <typename T>
Lstsq<T> without_gram(MatrixView<const T> a, MatrixView<const T> b) {
  return lstsq(a, b, {.method = LstsqMethod::kPivotedQr});
}

// N <= m, with the factor of A^T A at hand.
template <typename T>
Lstsq<T> solve_tall(MatrixView<const T> a, MatrixView<const T> l, MatrixView<const T> b) {
  Lstsq<T> result{matmul(a, b, {.transpose_a = true}), a.cols(), {}};
  result.condition = least_condition(l);
  solve(l, result.x);
  Matrix<T> residual;
  for (int step = 0;; ++step) {
    residual = Matrix<T>(b);
    matmul(a, result.x.view(), residual.view(), {.alpha = -1, .beta = 1});
    if (step == kCorrections) break;
    Matrix<T> change = matmul(a, residual.view(), {.transpose_a = true});
    solve(l, change);
    for (std::size_t i = 0; i < change.size(); ++i) result.x.values()[i] += change.values()[i];
    result.correction = detail::frobenius_norm(change.view());
  }
  result.residual = detail::frobenius_norm(residual.view());
  result.norm = detail::frobenius_norm(result.x.view());
  if (result.norm > 0) result.correction /= result.norm;
  return result;
}

// A count beyond m on its way: alpha solves A A^T alpha = B, and X = A^T alpha block by block.
template <typename T>
struct Wide {
  std::size_t result;
  Matrix<T> alpha;
  Matrix<T> residual;
};

template <typename T>
class Sweep {
 public:
  Sweep(const ColumnBlock<T>& columns, MatrixView<const T> b, std::span<const std::size_t> counts)
      : columns_(columns), b_(b), counts_(counts), m_(b.rows()) {}

  std::vector<Lstsq<T>> run() {
    const std::size_t held = std::min(m_, counts_.empty() ? 0 : counts_.back());
    a_ = Matrix<T>(m_, held);
    product_ = Matrix<T>(held, held);
    for_blocks(0, held, [&](std::size_t first, std::size_t width) {
      const MatrixView<T> block = a_.view().block(0, first, m_, width);
      columns_(first, block);
      detail::require_finite("nested_lstsq", "a", MatrixView<const T>(block));
    });
    solve_up_to_rows();
    solve_beyond_rows();
    return std::move(results_);
  }

 private:
  template <typename Use>
  void for_blocks(std::size_t begin, std::size_t end, const Use& use) const {
    for (std::size_t i = begin; i < end; i += kBlock) use(i, std::min(kBlock, end - i));
  }

  void solve_up_to_rows() {
    if (counts_.empty() || counts_.front() > m_) return;
    gram(a_.view(), product_.view(), {.transpose = true});
    std::size_t done = 0;
    bool definite = true;
    for (const std::size_t n : counts_) {
      if (n > m_) break;
      const MatrixView<const T> a = std::as_const(a_).view().block(0, 0, m_, n);
      const MatrixView<T> l = product_.view().block(0, 0, n, n);
      definite = definite && extend_cholesky(l, done) == n;
      results_.push_back(definite ? solve_tall<T>(a, l, b_) : without_gram(a, b_));
      done = n;
    }
  }

  void solve_beyond_rows() {
    if (counts_.empty() || counts_.back() <= m_) return;
    // The factor of A^T A has done its work, and so have A's columns once A A^T holds them.
    gram(a_.view(), product_.view());
    Matrix<T> factor = std::move(a_);
    std::vector<Wide<T>> wide;
    std::size_t added = m_;
    for (const std::size_t n : counts_.subspan(results_.size())) {
      for_blocks(added, n, [&](std::size_t first, std::size_t width) {
        gram(block_of(first, width), product_.view(), {.beta = 1});
      });
      added = n;
      for (std::size_t i = 0; i < m_; ++i) {
        std::copy_n(product_.row(i).data(), i + 1, factor.row(i).data());
      }
      if (extend_cholesky(factor.view(), 0) == m_) {
        results_.push_back({Matrix<T>(n, b_.cols()), m_, {}});
        results_.back().condition = least_condition(std::as_const(factor).view());
        wide.push_back({results_.size() - 1, Matrix<T>(b_), Matrix<T>(b_)});
        solve<T>(factor, wide.back().alpha);
      } else {
        Matrix<T> a(m_, n);
        columns_(0, a.view());
        results_.push_back(without_gram<T>(a, b_));
      }
    }
    finish(wide);
  }

  // X = A^T alpha for all counts in one pass over the columns, and what each leaves of B.
  void finish(std::vector<Wide<T>>& wide) {
    for_blocks(0, wide.empty() ? 0 : counts_.back(), [&](std::size_t first, std::size_t width) {
      const MatrixView<const T> block = block_of(first, width);
      for (Wide<T>& one : wide) {
        Matrix<T>& x = results_[one.result].x;
        if (first >= x.rows()) continue;
        const std::size_t used = std::min(width, x.rows() - first);
        const MatrixView<const T> a = block.block(0, 0, m_, used);
        const MatrixView<T> part = x.view().block(first, 0, used, x.cols());
        matmul(a, one.alpha.view(), part, {.transpose_a = true});
        matmul(a, part, one.residual.view(), {.alpha = -1, .beta = 1});
      }
    });
    for (const Wide<T>& one : wide) {
      results_[one.result].norm = detail::frobenius_norm(results_[one.result].x.view());
      results_[one.result].residual = detail::frobenius_norm(one.residual.view());
    }
  }

  MatrixView<const T> block_of(std::size_t first, std::size_t width) {
    if (block_.empty()) block_ = Matrix<T>(m_, std::min(kBlock, counts_.back()));
    const MatrixView<T> block = block_.view().block(0, 0, m_, width);
    columns_(first, block);
    detail::require_finite("nested_lstsq", "a", MatrixView<const T>(block));
    return block;
  }

  const ColumnBlock<T>& columns_;
  MatrixView<const T> b_;
  std::span<const std::size_t> counts_;
  std::size_t m_;
  Matrix<T> a_;        // m x p, the first columns
  Matrix<T> product_;  // A^T A and its factor, then A A^T
  Matrix<T> block_;
  std::vector<Lstsq<T>> results_;
};

void require_counts(std::span<const std::size_t> counts) {
  std::size_t before = 0;
  for (const std::size_t n : counts) {
    SURPLUS_REQUIRE(n > before, ArgumentError, "nested_lstsq",
                    "counts must be at least 1 and increase", "count", n, "before it", before);
    before = n;
  }
}

}  // namespace

template <typename T>
std::vector<Lstsq<T>> nested_lstsq(const ColumnBlock<T>& columns,
                                   std::type_identity_t<MatrixView<const T>> b,
                                   std::span<const std::size_t> counts) {
  require_counts(counts);
  detail::require_lapack_size("nested_lstsq", "b", b.shape(), b.stride());
  detail::require_finite("nested_lstsq", "b", b);
  return Sweep<T>(columns, b, counts).run();
}

template <typename T>
std::vector<Lstsq<T>> nested_lstsq(MatrixView<const T> a,
                                   std::type_identity_t<MatrixView<const T>> b,
                                   std::span<const std::size_t> counts) {
  require_counts(counts);
  SURPLUS_REQUIRE(counts.empty() || counts.back() <= a.cols(), ArgumentError, "nested_lstsq",
                  "counts must be at most the number of columns", "count", counts.back(), "a",
                  a.shape());
  SURPLUS_REQUIRE(b.rows() == a.rows(), ShapeError, "nested_lstsq", "b must have as many rows as a",
                  "b", b.shape(), "a", a.shape());
  const ColumnBlock<T> columns = [a](std::size_t first, MatrixView<T> out) {
    for (std::size_t i = 0; i < out.rows(); ++i) {
      std::copy_n(a.row(i).data() + first, out.cols(), out.row(i).data());
    }
  };
  return nested_lstsq(columns, b, counts);
}

template std::vector<Lstsq<float>> nested_lstsq(const ColumnBlock<float>&, MatrixView<const float>,
                                                std::span<const std::size_t>);
template std::vector<Lstsq<double>> nested_lstsq(const ColumnBlock<double>&,
                                                 MatrixView<const double>,
                                                 std::span<const std::size_t>);
template std::vector<Lstsq<float>> nested_lstsq(MatrixView<const float>, MatrixView<const float>,
                                                std::span<const std::size_t>);
template std::vector<Lstsq<double>> nested_lstsq(MatrixView<const double>, MatrixView<const double>,
                                                 std::span<const std::size_t>);

}  // namespace surplus
