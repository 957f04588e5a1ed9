#include "surplus/theory/norms.h"

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace surplus {
namespace {

void require_exponent(std::string_view function, double p) {
  SURPLUS_REQUIRE(p >= 1, ArgumentError, function, "p must be at least 1", "p", p);
}

void require_alike(std::string_view function, Shape w, Shape w0) {
  SURPLUS_REQUIRE(w == w0, ShapeError, function, "w0 must have the shape of w", "w0", w0, "w", w);
}

// Sums of powers, one for each row or column, and what becomes of them in the end.
class Powers {
 public:
  Powers(std::size_t count, double p) : p_(p), sums_(count) {}

  void add(std::size_t i, double x) {
    const double size = std::abs(x);
    if (p_ == 2) {
      sums_[i] += x * x;
    } else if (p_ == 1) {
      sums_[i] += size;
    } else if (std::isinf(p_)) {
      if (size > sums_[i] || std::isnan(size)) sums_[i] = size;
    } else {
      sums_[i] += std::pow(size, p_);
    }
  }

  std::vector<double> norms() && {
    for (double& sum : sums_) {
      if (p_ == 2) {
        sum = std::sqrt(sum);
      } else if (p_ != 1 && !std::isinf(p_)) {
        sum = std::pow(sum, 1 / p_);
      }
    }
    return std::move(sums_);
  }

 private:
  double p_;
  std::vector<double> sums_;
};

// Of w, or of w - w0 if that is not a view of nothing.
template <typename T>
std::vector<double> reduce(std::string_view function, MatrixView<const T> w, MatrixView<const T> w0,
                           double p, bool by_rows) {
  require_exponent(function, p);
  Powers powers(by_rows ? w.rows() : w.cols(), p);
  for (std::size_t i = 0; i < w.rows(); ++i) {
    for (std::size_t j = 0; j < w.cols(); ++j) {
      const double start = w0.data() == nullptr ? 0 : static_cast<double>(w0(i, j));
      powers.add(by_rows ? i : j, static_cast<double>(w(i, j)) - start);
    }
  }
  return std::move(powers).norms();
}

template <typename T>
std::vector<double> distances(std::string_view function, MatrixView<const T> w,
                              MatrixView<const T> w0, double p, bool by_rows) {
  require_alike(function, w.shape(), w0.shape());
  return reduce(function, w, w0, p, by_rows);
}

template <typename T>
std::vector<double> angles(MatrixView<const T> w, MatrixView<const T> w0) {
  require_alike("row_angles", w.shape(), w0.shape());
  const std::vector<double> sizes = row_norms(w), sizes0 = row_norms(w0);
  std::vector<double> result(w.rows());
  for (std::size_t i = 0; i < w.rows(); ++i) {
    if (sizes[i] == 0 || sizes0[i] == 0) {
      result[i] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    // Unlike the arc cosine, exact for small angles too.
    double apart = 0, together = 0;
    for (std::size_t j = 0; j < w.cols(); ++j) {
      const double x = static_cast<double>(w(i, j)) / sizes[i];
      const double y = static_cast<double>(w0(i, j)) / sizes0[i];
      apart += (x - y) * (x - y);
      together += (x + y) * (x + y);
    }
    result[i] = 2 * std::atan2(std::sqrt(apart), std::sqrt(together));
  }
  return result;
}

}  // namespace

double vector_norm(std::span<const double> x, double p) {
  require_exponent("vector_norm", p);
  Powers powers(1, p);
  for (const double value : x) powers.add(0, value);
  return std::move(powers).norms()[0];
}

std::vector<double> row_norms(MatrixView<const float> w, double p) {
  return reduce("row_norms", w, {}, p, true);
}
std::vector<double> row_norms(MatrixView<const double> w, double p) {
  return reduce("row_norms", w, {}, p, true);
}
std::vector<double> column_norms(MatrixView<const float> w, double p) {
  return reduce("column_norms", w, {}, p, false);
}
std::vector<double> column_norms(MatrixView<const double> w, double p) {
  return reduce("column_norms", w, {}, p, false);
}
std::vector<double> row_distances(MatrixView<const float> w, MatrixView<const float> w0, double p) {
  return distances("row_distances", w, w0, p, true);
}
std::vector<double> row_distances(MatrixView<const double> w, MatrixView<const double> w0,
                                  double p) {
  return distances("row_distances", w, w0, p, true);
}
std::vector<double> column_distances(MatrixView<const float> w, MatrixView<const float> w0,
                                     double p) {
  return distances("column_distances", w, w0, p, false);
}
std::vector<double> column_distances(MatrixView<const double> w, MatrixView<const double> w0,
                                     double p) {
  return distances("column_distances", w, w0, p, false);
}

std::vector<double> row_angles(MatrixView<const float> w, MatrixView<const float> w0) {
  return angles(w, w0);
}
std::vector<double> row_angles(MatrixView<const double> w, MatrixView<const double> w0) {
  return angles(w, w0);
}

}  // namespace surplus
