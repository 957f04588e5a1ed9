#define BOOST_TEST_MODULE gemm
#include "kernels/gemm.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

#include "kernels/reference/gemm.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using kernels::Op;
using tests::for_each_target;
using tests::Operand;

const Op kOps[] = {Op::kPlain, Op::kTransposed};

struct Scratch : tests::AlignedBytes {
  Scratch(std::size_t m, std::size_t n, std::size_t k)
      : AlignedBytes(kernels::gemm_scratch_size(m, n, k)) {}
};

// A product with everything a caller chooses, its operands filled at random.
template <typename T>
struct Product {
  Product(Op a_op, Op b_op, std::size_t rows, std::size_t cols, std::size_t depth,
          std::size_t offset = 0, std::size_t gap = 0)
      : op_a(a_op),
        op_b(b_op),
        m(rows),
        n(cols),
        k(depth),
        a(a_op == Op::kPlain ? m : k, a_op == Op::kPlain ? k : m, offset, gap),
        b(b_op == Op::kPlain ? k : n, b_op == Op::kPlain ? n : k, offset, gap),
        c(m, n, offset, gap) {
    a.fill_random(m + 3 * n + 7 * k);
    b.fill_random(5 * m + n + k);
    c.fill_random(m + n + k);
  }
  void run(kernels::GemmEpilogue<T> epilogue = {}) {
    const Scratch scratch(m, n, k);
    kernels::gemm(op_a, op_b, m, n, k, alpha, a.data(), a.stride(), b.data(), b.stride(), beta,
                  c.data(), c.stride(), scratch.get(), epilogue);
  }
  void run_reference() {
    kernels::reference::gemm(op_a == Op::kTransposed, op_b == Op::kTransposed, m, n, k, alpha,
                             a.data(), a.stride(), b.data(), b.stride(), beta, c.data(),
                             c.stride());
  }

  Op op_a, op_b;
  std::size_t m, n, k;
  T alpha = 1, beta = 0;
  Operand<T> a, b, c;
};

template <typename T>
Operand<T> magnitude(Operand<T> x) {
  const Operand<T> from = x;
  return x.fill([&](std::size_t i, std::size_t j) { return std::abs(from(i, j)); });
}

template <typename T>
void compare_with_reference(Product<T> product) {
  Product<T> expected = product, size = product;
  product.run();
  expected.run_reference();
  size.a = magnitude(size.a);
  size.b = magnitude(size.b);
  size.c = magnitude(size.c);
  size.alpha = std::abs(size.alpha);
  size.beta = std::abs(size.beta);
  size.run_reference();
  BOOST_TEST(product.c.intact());
  const auto k = static_cast<double>(product.k);
  // The header's bound, plus the rounding of the reference itself.
  const double bound = (k + k / 64 + 5) * std::numeric_limits<T>::epsilon();
  for (std::size_t i = 0; i < product.m; ++i) {
    for (std::size_t j = 0; j < product.n; ++j) {
      const double error =
          static_cast<double>(product.c(i, j)) - static_cast<double>(expected.c(i, j));
      if (!(std::abs(error) <= bound * static_cast<double>(size.c(i, j)))) {
        BOOST_ERROR("C(" << i << ", " << j << ") of " << product.m << " x " << product.n << " x "
                         << product.k << " is off by " << error);
        return;
      }
    }
  }
}

template <typename T>
void compare_all_edges() {
  constexpr std::size_t lanes = 64 / sizeof(T);
  const std::size_t edges[] = {0, 1, lanes - 1, lanes, lanes + 1, 2 * lanes + 3};
  const T factors[] = {0, 1, -2};
  std::size_t turn = 0;
  for (const Op op_a : kOps) {
    for (const Op op_b : kOps) {
      for (const std::size_t m : edges) {
        for (const std::size_t n : edges) {
          for (const std::size_t k : edges) {
            // Offsets, gaps and factors take turns: 216 shapes meet each of them many times.
            ++turn;
            Product<T> product(op_a, op_b, m, n, k, tests::kEdgeOffsets[turn % 3], turn % 4 * 5);
            product.alpha = factors[turn / 3 % 3];
            product.beta = factors[turn / 9 % 3];
            compare_with_reference(product);
          }
        }
      }
      // One long side at a time: several blocks of rows, many panels of columns, several runs of k.
      compare_with_reference(Product<T>(op_a, op_b, 1000, lanes + 1, 7, 1, 3));
      compare_with_reference(Product<T>(op_a, op_b, 7, 1003, lanes + 1, 3, 1));
      // Several blocks of rows of a shallow product that ends within a vector.
      compare_with_reference(Product<T>(op_a, op_b, 400, 2 * 16 * lanes + 3, 5, 1, 3));
      // Rows of B that lie a multiple of 4 KiB apart, for one block of rows and for several.
      for (const std::size_t m : {40u, 400u}) {
        const std::size_t k = 450, n = 6 * lanes + 3, columns = op_b == Op::kPlain ? n : k;
        compare_with_reference(Product<T>(op_a, op_b, m, n, k, 1, 1024 - columns));
      }
      // Rows of A that do, in a narrow product.
      compare_with_reference(Product<T>(op_a, op_b, 40, 3, 450, 1, 1024 - 450));
      // One panel of a large B, in several runs of k.
      compare_with_reference(Product<T>(op_a, op_b, 61, lanes, 2100));
      Product<T> deep(op_a, op_b, 2 * lanes + 3, 2 * lanes + 3, 1000, 1, 3);
      deep.alpha = T(0.5);
      deep.beta = -3;
      compare_with_reference(deep);
    }
  }
}

template <typename Body>
void on_every_target(const Body& body) {
  for_each_target([&](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) { body(); }
  });
}

BOOST_AUTO_TEST_CASE(products_agree_with_the_reference_on_every_target_edge_and_transposition) {
  on_every_target([] {
    compare_all_edges<float>();
    compare_all_edges<double>();
  });
}

// ||C t - A (B t)||: each side is off by at most gamma |A| |B| |t|, with the sums over both k and n.
template <typename T>
void check_identity(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k) {
  Product<T> product(op_a, op_b, m, n, k);
  product.run();
  const auto a = [&](std::size_t i, std::size_t p) {
    return static_cast<double>(op_a == Op::kPlain ? product.a(i, p) : product.a(p, i));
  };
  const auto b = [&](std::size_t p, std::size_t j) {
    return static_cast<double>(op_b == Op::kPlain ? product.b(p, j) : product.b(j, p));
  };
  Operand<double> t(1, n);
  t.fill_random(n);
  std::vector<double> b_t(k), size_b_t(k);
  for (std::size_t p = 0; p < k; ++p) {
    for (std::size_t j = 0; j < n; ++j) {
      b_t[p] += b(p, j) * t(0, j);
      size_b_t[p] += std::abs(b(p, j) * t(0, j));
    }
  }
  const double eps = std::numeric_limits<T>::epsilon();
  const double terms = static_cast<double>(k + k / 64 + 4);
  const double of_check = static_cast<double>(2 * (k + n)) * 0x1p-52;
  for (std::size_t i = 0; i < m; ++i) {
    double left = 0, right = 0, size = 0;
    for (std::size_t j = 0; j < n; ++j) left += static_cast<double>(product.c(i, j)) * t(0, j);
    for (std::size_t p = 0; p < k; ++p) {
      right += a(i, p) * b_t[p];
      size += std::abs(a(i, p)) * size_b_t[p];
    }
    BOOST_TEST_REQUIRE(std::abs(left - right) <= (terms * eps + of_check) * size);
  }
}

BOOST_AUTO_TEST_CASE(large_products_satisfy_c_t_equals_a_of_b_t) {
  on_every_target([] {
    for (const Op op_a : kOps) {
      for (const Op op_b : kOps) {
        // More rows than a block, more depth than two runs; more panels than share a plain A.
        check_identity<float>(op_a, op_b, 371, 67, 801);
        check_identity<double>(op_a, op_b, 201, 275, 401);
        check_identity<float>(op_a, op_b, 1, 2000, 700);
        check_identity<double>(op_a, op_b, 1030, 2, 300);
      }
    }
    // More columns than are kept packed for the next block of rows.
    check_identity<float>(Op::kPlain, Op::kPlain, 350, 2117, 270);
    check_identity<double>(Op::kTransposed, Op::kTransposed, 350, 1061, 270);
  });
}

template <typename T>
void check_nan_and_infinity() {
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  for (const Op op_a : kOps) {
    for (const Op op_b : kOps) {
      const std::size_t m = 33, n = 35, k = 20;
      const auto set = [](Operand<T>& x, Op op, std::size_t i, std::size_t j, T value) {
        (op == Op::kPlain ? x(i, j) : x(j, i)) = value;
      };
      Product<T> poisoned(op_a, op_b, m, n, k);
      set(poisoned.a, op_a, 17, 19, nan);
      set(poisoned.b, op_b, 0, 34, inf);
      set(poisoned.a, op_a, 3, 0, 0);
      poisoned.run();
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          // Row 17 of A holds a NaN; column 34 of B an infinity, which row 3 multiplies by zero.
          const bool is_nan = i == 17 || (i == 3 && j == 34);
          BOOST_TEST_REQUIRE(std::isnan(poisoned.c(i, j)) == is_nan);
          if (!is_nan) BOOST_TEST_REQUIRE(std::isinf(poisoned.c(i, j)) == (j == 34));
        }
      }
      Product<T> overwritten(op_a, op_b, m, n, k);
      overwritten.c.fill([&](std::size_t, std::size_t) { return nan; });
      overwritten.run();
      Product<T> scaled(op_a, op_b, m, n, k);
      scaled.alpha = 0;
      scaled.beta = 2;
      scaled.a.fill([&](std::size_t, std::size_t) { return nan; });
      scaled.b.fill([&](std::size_t, std::size_t) { return nan; });
      scaled.c(5, 6) = nan;
      scaled.c(7, 8) = T(0.75);
      scaled.run();
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          BOOST_TEST_REQUIRE(std::isfinite(overwritten.c(i, j)));
          BOOST_TEST_REQUIRE(std::isnan(scaled.c(i, j)) == (i == 5 && j == 6));
        }
      }
      BOOST_TEST(scaled.c(7, 8) == T(1.5));
    }
  }
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_propagate_as_blas_defines_it) {
  on_every_target([] {
    check_nan_and_infinity<float>();
    check_nan_and_infinity<double>();
  });
}

BOOST_AUTO_TEST_CASE(without_k_the_product_is_zero_and_c_is_scaled) {
  on_every_target([] {
    Product<double> product(Op::kPlain, Op::kPlain, 3, 5, 0);
    product.c(1, 2) = 4;
    product.beta = -0.5;
    product.run();
    BOOST_TEST(product.c(1, 2) == -2.0);
    product.beta = 0;
    product.c(1, 2) = std::numeric_limits<double>::quiet_NaN();
    product.run();
    BOOST_TEST(product.c(1, 2) == 0.0);
  });
}

BOOST_AUTO_TEST_CASE(denormal_products_are_not_flushed) {
  on_every_target([] {
    Product<float> product(Op::kPlain, Op::kPlain, 20, 20, 1);
    product.a.fill([](std::size_t, std::size_t) { return 0x1p-100f; });
    product.b.fill([](std::size_t, std::size_t) { return 0x1p-40f; });
    product.run();
    BOOST_TEST(product.c(19, 19) == 0x1p-140f);
  });
}

BOOST_AUTO_TEST_CASE(the_bits_of_a_part_of_c_do_not_depend_on_the_rest) {
  on_every_target([] {
    for (const Op op_a : kOps) {
      for (const Op op_b : kOps) {
        Product<float> whole(op_a, op_b, 140, 100, 700);
        Product<float> part = whole;
        whole.run();
        part.m = 70;
        part.n = 9;
        const Scratch scratch(part.m, part.n, part.k);
        const float* a = op_a == Op::kPlain ? &part.a(60, 0) : &part.a(0, 60);
        const float* b = op_b == Op::kPlain ? &part.b(0, 50) : &part.b(50, 0);
        kernels::gemm(op_a, op_b, part.m, part.n, part.k, 1.0f, a, part.a.stride(), b,
                      part.b.stride(), 0.0f, part.c.data(), part.c.stride(), scratch.get());
        for (std::size_t i = 0; i < part.m; ++i) {
          for (std::size_t j = 0; j < part.n; ++j) {
            BOOST_TEST_REQUIRE(part.c(i, j) == whole.c(60 + i, 50 + j));
          }
        }
      }
    }
  });
}

// `count` numbers between two pages that may not be touched: flush with the second, or with the first.
template <typename T>
class Fenced {
 public:
  Fenced(std::size_t count, bool at_end) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t bytes = count * sizeof(T), inside = (bytes + page - 1) / page * page;
    size_ = inside + 2 * page;
    void* const pages = ::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BOOST_REQUIRE(pages != MAP_FAILED);
    base_ = static_cast<std::byte*>(pages);
    BOOST_REQUIRE(inside == 0 || ::mprotect(base_ + page, inside, PROT_READ | PROT_WRITE) == 0);
    data_ = reinterpret_cast<T*>(base_ + page + (at_end ? inside - bytes : 0));
    std::fill_n(data_, count, T{1});
  }
  ~Fenced() { ::munmap(base_, size_); }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  T* get() const { return data_; }

 private:
  std::byte* base_;
  std::size_t size_;
  T* data_;
};

template <typename T>
void check_fences(Op op_a, Op op_b, std::size_t m, std::size_t n, std::size_t k, bool at_end) {
  const Fenced<T> a(m * k, at_end), b(k * n, at_end), c(m * n, at_end);
  const std::size_t a_stride = op_a == Op::kPlain ? k : m, b_stride = op_b == Op::kPlain ? n : k;
  const Scratch scratch(m, n, k);
  kernels::gemm(op_a, op_b, m, n, k, T{1}, a.get(), a_stride, b.get(), b_stride, T{1}, c.get(), n,
                scratch.get());
  BOOST_TEST_REQUIRE(c.get()[m * n - 1] == static_cast<T>(k + 1));
  const Fenced<T> packed(kernels::gemm_packed_size<T>(n, k), at_end);
  kernels::gemm_pack_b(op_b, n, k, b.get(), b_stride, packed.get());
  kernels::gemm_packed(op_a, m, n, k, T{1}, a.get(), a_stride, packed.get(), n, 0, T{1}, c.get(), n,
                       scratch.get());
  BOOST_TEST_REQUIRE(c.get()[0] == static_cast<T>(2 * k + 1));
}

BOOST_AUTO_TEST_CASE(nothing_outside_the_operands_is_read_or_written) {
  on_every_target([] {
    for (const Op op_a : kOps) {
      for (const Op op_b : kOps) {
        for (const bool at_end : {false, true}) {
          for (const std::size_t n : {1u, 3u, 8u, 13u, 16u, 21u, 35u, 600u}) {
            for (const std::size_t m : {1u, 5u, 40u}) {
              check_fences<float>(op_a, op_b, m, n, 7, at_end);
              check_fences<double>(op_a, op_b, m, n, 7, at_end);
            }
          }
          check_fences<float>(op_a, op_b, 300, 37, 300, at_end);
          check_fences<double>(op_a, op_b, 300, 37, 300, at_end);
        }
      }
    }
  });
}

// An epilogue that adds 1000 to each element it is given, and checks where it is told they are.
struct Visits {
  const float* c;
  std::size_t c_stride;
};

BOOST_AUTO_TEST_CASE(the_epilogue_sees_each_element_once_and_complete) {
  on_every_target([] {
    const struct {
      std::size_t n, k;
      Op op_b;
    } cases[] = {{75, 0, Op::kTransposed},
                 {75, 3, Op::kTransposed},
                 {75, 1000, Op::kTransposed},
                 {75, 300, Op::kPlain},
                 {603, 3, Op::kPlain}};
    for (const auto& shape : cases) {
      Product<float> product(Op::kPlain, shape.op_b, 370, shape.n, shape.k, 1, 2);
      product.beta = 1;
      Product<float> expected = product;
      expected.run();
      const Visits visits{product.c.data(), product.c.stride()};
      const auto add = [](const void* context, std::size_t i, std::size_t j, std::size_t m,
                          std::size_t n, float* c, std::size_t c_stride) {
        const auto& known = *static_cast<const Visits*>(context);
        BOOST_TEST_REQUIRE((c == known.c + i * known.c_stride + j && c_stride == known.c_stride));
        for (std::size_t r = 0; r < m; ++r) {
          for (std::size_t s = 0; s < n; ++s) c[r * c_stride + s] += 1000;
        }
      };
      product.run({add, &visits});
      BOOST_TEST(product.c.intact());
      for (std::size_t i = 0; i < product.m; ++i) {
        for (std::size_t j = 0; j < product.n; ++j) {
          BOOST_TEST_REQUIRE(product.c(i, j) == expected.c(i, j) + 1000);
        }
      }
    }
  });
}

template <typename T>
void check_packed_product(Op op_a, Op op_b) {
  Product<T> product(op_a, op_b, 45, 203, 900, 1, 2);
  product.alpha = T(-0.5);
  product.beta = 2;
  Product<T> expected = product;
  expected.run();
  Operand<T> packed(1, kernels::gemm_packed_size<T>(product.n, product.k));
  kernels::gemm_pack_b(op_b, product.n, product.k, product.b.data(), product.b.stride(),
                       packed.data());
  BOOST_TEST(packed.intact());
  const Scratch scratch(product.m, product.n, product.k);
  for (std::size_t first = 0; first < product.n; first += 2 * kernels::kPackedColumns) {
    kernels::gemm_packed(op_a, product.m, std::min(2 * kernels::kPackedColumns, product.n - first),
                         product.k, product.alpha, product.a.data(), product.a.stride(),
                         packed.data(), product.n, first, product.beta, &product.c(0, first),
                         product.c.stride(), scratch.get());
  }
  BOOST_TEST(product.c.intact());
  for (std::size_t i = 0; i < product.m; ++i) {
    for (std::size_t j = 0; j < product.n; ++j) {
      BOOST_TEST_REQUIRE(product.c(i, j) == expected.c(i, j));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_packed_operand_gives_the_bits_of_the_plain_one_whole_or_in_parts) {
  on_every_target([] {
    for (const Op op_a : kOps) {
      for (const Op op_b : kOps) {
        check_packed_product<float>(op_a, op_b);
        check_packed_product<double>(op_a, op_b);
      }
    }
  });
}

// Rows of the operands `gap` elements apart, which stay what they are in C.
template <typename T>
void check_batch(std::size_t count, Op op_a, std::size_t m, std::size_t n, std::size_t k,
                 std::size_t gap, bool shares_b, T alpha) {
  const std::size_t a_rows = op_a == Op::kPlain ? m : k,
                    a_stride = (op_a == Op::kPlain ? k : m) + gap, b_stride = n + gap,
                    c_stride = n + gap;
  Operand<T> a(count, a_rows * a_stride), b(count, k * b_stride),
      c(count, m * c_stride, 1, 3 * gap);
  a.fill_random(m);
  b.fill_random(n + 1);
  c.fill_random(k + 2);
  Operand<T> expected = c;
  const std::size_t b_step = shares_b ? 0 : b.stride();
  const Scratch scratch(m, n, k);
  kernels::gemm_batch(count, op_a, Op::kPlain, m, n, k, alpha, a.data(), a_stride, a.stride(),
                      b.data(), b_stride, b_step, T{-1}, c.data(), c_stride, c.stride(),
                      scratch.get());
  BOOST_TEST(c.intact());
  for (std::size_t i = 0; i < count; ++i) {
    kernels::gemm(op_a, Op::kPlain, m, n, k, alpha, &a(i, 0), a_stride, b.data() + i * b_step,
                  b_stride, T{-1}, &expected(i, 0), c_stride, scratch.get());
    for (std::size_t at = 0; at < c.cols(); ++at) BOOST_TEST_REQUIRE(c(i, at) == expected(i, at));
  }
}

// More than take turns at a tile, one, and none; widths that end within a tile and within a vector.
template <typename T>
void check_batches() {
  for (const std::size_t count : {0u, 1u, 50u}) {
    for (const std::size_t size : {1u, 8u, 16u, 24u, 33u}) {
      check_batch<T>(count, Op::kPlain, size, size, size, 0, false, T{2});
      check_batch<T>(count, Op::kPlain, size + 1, size, size + 2, 3, size == 8, T{1});
    }
  }
  check_batch<T>(3, Op::kTransposed, 17, 17, 17, 1, false, T{2});
  check_batch<T>(3, Op::kPlain, 64, 64, 64, 0, true, T{1});
  check_batch<T>(3, Op::kPlain, 65, 8, 8, 0, false, T{1});
  check_batch<T>(3, Op::kPlain, 8, 8, 0, 0, false, T{1});
  check_batch<T>(3, Op::kPlain, 8, 8, 8, 0, false, T{0});
}

BOOST_AUTO_TEST_CASE(a_batch_has_the_bits_of_its_products_one_by_one) {
  on_every_target([] {
    check_batches<float>();
    check_batches<double>();
  });
}

BOOST_AUTO_TEST_CASE(scratch_stays_within_the_stated_limit) {
  on_every_target([] {
    BOOST_TEST(kernels::gemm_scratch_size(100000, 100000, 100000) <= std::size_t{4} << 20);
  });
}

}  // namespace
}  // namespace surplus
