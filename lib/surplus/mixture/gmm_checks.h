/// What the functions on Gaussian mixtures ask of their input.
#ifndef SURPLUS_MIXTURE_GMM_CHECKS_H_
#define SURPLUS_MIXTURE_GMM_CHECKS_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "surplus/core/matrix.h"
#include "surplus/mixture/gmm.h"
#include "surplus/mixture/gmm_steps.h"

namespace surplus::detail {

/// Throws ArgumentError unless the weights are >= 0 and sum to one within 1e-6, each named `name`.
void require_distribution(std::string_view function, std::string_view name,
                          std::span<const double> weights);

/// Throws unless there are as many sample weights as rows, or none, all finite and >= 0, and not all
/// of them 0. Returns their sum.
double require_sample_weights(std::string_view function, std::size_t rows,
                              std::span<const double> sample_weights);

/// Throws unless `mixture` is one and rows of d = `features` fit it; returns its factors.
GmmFactors require_mixture(std::string_view function, const GaussianMixture& mixture);

/// Throws unless the config makes sense for n rows (those of positive weight) of d features.
void require_config(const GmmConfig& config, std::size_t n, std::size_t d);

/// The given parts of the config, the covariances computed from given precisions; throws unless
/// they make sense for d features.
GaussianMixture require_given(const GmmConfig& config, std::size_t d);

}  // namespace surplus::detail

#endif  // SURPLUS_MIXTURE_GMM_CHECKS_H_
