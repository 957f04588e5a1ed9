/// The true mixtures of em-gmm, the two models fitted to them, and the rule by which a fit has
/// found the truth.
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_TRUTH_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_TRUTH_H_

#include <cstddef>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/mixture/gmm.h"

namespace surplus::apps::em_gmm {

/// Gaussians with covariance I at the rows of `means`.
GaussianMixture unit_mixture(Matrix<double> means, std::vector<double> weights);
/// theta with `weight`, -theta with 1 - weight, in one dimension.
GaussianMixture symmetric_truth(double theta, double weight);
/// 0 with `weight`, `separation` with 1 - weight, in one dimension.
GaussianMixture separated_truth(double separation, double weight);
/// The mixtures of P-EM-D in the plane, `number` 1 to 4.
GaussianMixture plane_truth(std::size_t number);

/// The two ways to fit the means of a mixture whose weights are known.
enum class Model {
  kEm1,  ///< the weights are held at their true values
  kEm2,  ///< the weights are estimated, from uniform ones on: over-parameterized
};

/// A start of `model` at the given means.
GaussianMixture start_at(const GaussianMixture& truth, Model model, Matrix<double> means);

/// EM until the summed change of the parameters in one iteration is at most `tolerance`, from
/// `start`, the covariances known.
GmmConfig em_config(Model model, GaussianMixture start, double tolerance, std::size_t iterations);

/// The expected time of `iterations` iterations on n points with k components, on one core.
inline double em_seconds(std::size_t n, std::size_t k, double iterations) {
  constexpr double kPerTerm = 4e-9;
  return static_cast<double>(n * k) * iterations * kPerTerm;
}

/// sum_i w*_i |mean_pi(i) - mean*_i|^2 of fitted means, for three choices of pi.
struct Errors {
  double identity = 0;  ///< pi(i) = i
  double best = 0;      ///< the smallest over all k! permutations
  double sorted = 0;    ///< the i-th heaviest fitted component for the i-th heaviest true one
};
Errors errors(const GaussianMixture& truth, const GaussianMixture& fitted);

/// Tr(W* I^-1): W* holds each weight d times, I is the Fisher information of the means with weights
/// and covariances known, integrated by the trapezoid rule.
/// Error: below 1e-8.
double fisher_trace(const GaussianMixture& truth);

/// The largest error of a success on n observations, 4 Tr(W* I^-1) / n: an efficient estimate
/// passes about 95 times in 100.
inline double success_threshold(double trace, std::size_t n) {
  return 4 * trace / static_cast<double>(n);
}

/// The largest error of a success in the population.
inline constexpr double kPopulationThreshold = 0.01;

}  // namespace surplus::apps::em_gmm

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_TRUTH_H_
