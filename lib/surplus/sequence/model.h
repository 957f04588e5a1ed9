/// The Gaussian sequence model z_j = theta*_j + noise_j, and the signals that are misaligned with its
/// eigenvalues.
#ifndef SURPLUS_SEQUENCE_MODEL_H_
#define SURPLUS_SEQUENCE_MODEL_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/rng.h"

namespace surplus {

/// The exponents of a power law: lambda_j = j^-gamma, j = 1, 2 ..., and theta*_j = k^(-(p+1)/2) at
/// j = floor(k^q), 0 elsewhere.
struct PowerLaw {
  double p = 1;        ///< > 0: how fast the signal falls
  double q = 1;        ///< >= 1: how thinly it is spread; 1 is aligned with the eigenvalues
  double gamma = 1.5;  ///< > 1: how fast the eigenvalues fall
};

struct SequenceModel {
  std::vector<double> eigenvalues;  ///< lambda_j > 0
  std::vector<double> signal;       ///< theta*_j
};

/// The first `coordinates` coordinates of a power law.
///
/// Throws  ArgumentError if an exponent is outside its range or there is no coordinate
/// Source  Li, Lin (2024), Improving adaptivity via over-parameterization in sequence models,
///         NeurIPS, arXiv 2409.00894, equation 4
SequenceModel power_model(const PowerLaw& law, std::size_t coordinates);

/// The signal's squares beyond the first `coordinates` coordinates, which those never see:
/// the sum of k^-(p+1) over floor(k^q) > coordinates.
///
/// Throws  as power_model()
/// Error   1e-12, relative, for p up to 10
double unseen_signal(const PowerLaw& law, std::size_t coordinates);

/// z_j = signal_j + noise * N(0, 1).
///
/// noise   standard deviation >= 0
/// Throws  ArgumentError if it is negative or not finite
std::vector<double> observe(std::span<const double> signal, double noise, Rng& rng);

}  // namespace surplus

#endif  // SURPLUS_SEQUENCE_MODEL_H_
