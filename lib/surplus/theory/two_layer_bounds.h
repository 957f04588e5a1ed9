/// Six bounds on the generalisation error of a two-layer network, with every constant.
#ifndef SURPLUS_THEORY_TWO_LAYER_BOUNDS_H_
#define SURPLUS_THEORY_TWO_LAYER_BOUNDS_H_

#include <cstddef>
#include <optional>

#include "surplus/theory/two_layer.h"

namespace surplus {

struct TwoLayerBoundsConfig {
  BoundVariant variant = BoundVariant::kCorrected;
  double delta = 0.01;  ///< the bounds hold with probability 1 - delta; in (0, 1)
  /// Computes the bounds at a margin of 0 or below as the authors' code does, though they then mean
  /// nothing.
  bool faithful = false;
};

/// Each is a capacity C: the error exceeds the training error by about sqrt(C / n). None where the
/// margin is not positive, which the first alone does not ask about.
struct TwoLayerBounds {
  double parameters = 0;                     ///< Harvey et al. 2017, by the VC dimension
  std::optional<double> max_row_l1;          ///< Bartlett and Mendelson 2002
  std::optional<double> frobenius;           ///< Neyshabur et al. 2015, Golowich et al. 2017
  std::optional<double> spectral_l1;         ///< Bartlett et al. 2017
  std::optional<double> spectral_frobenius;  ///< Neyshabur et al. 2018, PAC-Bayes
  std::optional<double> unit_wise;           ///< Neyshabur et al. 2019, theorem 2
};

/// The variant kCode differs from kCorrected in these: it takes batch_entry_square for
/// max_entry_square, and mean_active_square for mean_hidden_square; the spectral-Frobenius bound
/// has a factor ||U||_2 more than its theorem, and 6 log(2 n / delta) for 16 log(6 n / delta).
///
/// gamma   the margin that the bounds count on: the paper takes the 5th percentile of the training
///         margins
/// Throws  ArgumentError if delta is not between 0 and 1, gamma is NaN, or `data` has no sample
TwoLayerBounds two_layer_bounds(const TwoLayerNorms& norms, const TwoLayerData& data, double gamma,
                                const TwoLayerBoundsConfig& config = {});

/// The first of them, of a network of any size, which asks nothing of its weights.
///
/// Source  Harvey, Liaw, Mehrabian (2017), Nearly-tight VC-dimension bounds for piecewise linear
///         neural networks; constants of the authors' code
double parameter_bound(std::size_t inputs, std::size_t hidden, std::size_t classes,
                       std::size_t samples, double delta = 0.01);

}  // namespace surplus

#endif  // SURPLUS_THEORY_TWO_LAYER_BOUNDS_H_
