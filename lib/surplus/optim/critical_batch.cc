#include "surplus/optim/critical_batch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "surplus/core/errors.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/spectral_norm.h"

namespace surplus {
namespace {

// The largest element of the diagonal.
double diagonal_of(const char* function, MatrixView<const double> gram) {
  SURPLUS_REQUIRE(gram.rows() == gram.cols(), ShapeError, function, "gram must be square", "gram",
                  gram.shape());
  double beta = 0;
  for (std::size_t i = 0; i < gram.rows(); ++i) {
    SURPLUS_REQUIRE(gram(i, i) >= 0 && std::isfinite(gram(i, i)), ArgumentError, function,
                    "the diagonal must be finite and at least 0", "row", i, "value", gram(i, i));
    beta = std::max(beta, gram(i, i));
  }
  SURPLUS_REQUIRE(beta > 0, ArgumentError, function, "the diagonal must not be zero", "gram",
                  gram.shape());
  return beta;
}

void require_spectrum(const char* function, const GramSpectrum& spectrum) {
  const auto& [beta, largest, smallest] = spectrum;
  // The largest eigenvalue is rounded, and equals beta if all examples are the same.
  SURPLUS_REQUIRE(largest > 0 && smallest >= 0 && smallest <= largest &&
                      largest <= beta * (1 + 1e-10) && std::isfinite(beta),
                  ArgumentError, function,
                  "the spectrum must have 0 <= smallest <= largest <= beta, and largest above 0",
                  "smallest", smallest, "largest", largest, "beta", beta);
}

}  // namespace

GramSpectrum gram_spectrum(MatrixView<const double> gram) {
  const double beta = diagonal_of("gram_spectrum", gram);
  const std::vector<double> values = eigh(gram).values;
  const auto n = static_cast<double>(gram.rows());
  const double cutoff = n * std::numeric_limits<double>::epsilon() * values.back();
  const double smallest = *std::ranges::upper_bound(values, cutoff);
  return {beta, values.back() / n, smallest / n};
}

GramSpectrum estimate_gram_spectrum(MatrixView<const double> gram) {
  const double beta = diagonal_of("estimate_gram_spectrum", gram);
  const auto n = static_cast<double>(gram.rows());
  return {beta, spectral_norm(gram).value / n, beta / n};
}

double critical_batch(const GramSpectrum& spectrum) {
  require_spectrum("critical_batch", spectrum);
  return spectrum.beta / (spectrum.largest - spectrum.smallest) + 1;
}

BatchStep batch_step(const GramSpectrum& spectrum, std::size_t m) {
  require_spectrum("batch_step", spectrum);
  SURPLUS_REQUIRE(m >= 1, ArgumentError, "batch_step", "m must be at least 1", "m", m);
  const auto& [beta, largest, smallest] = spectrum;
  const auto size = static_cast<double>(m);
  if (size <= critical_batch(spectrum)) {
    const double rate = size / (beta + (size - 1) * smallest);
    return {rate, 1 - rate * smallest};
  }
  const double sum = beta + (size - 1) * (largest + smallest);
  return {2 * size / sum, 1 - 4 * size * (size - 1) * largest * smallest / (sum * sum)};
}

}  // namespace surplus
