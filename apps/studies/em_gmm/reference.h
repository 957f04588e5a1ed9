/// What the paper prints and what an independent computation gives: the figures that a run of
/// em-gmm is set beside.
///
/// The paper's success rates are quoted from memory of the paper, not from its text; where such a
/// figure and this study disagree, the verdict's note says so. The limits, thresholds, likelihoods
/// and Fisher traces were computed apart from this library, by trapezoid rules in NumPy.
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_REFERENCE_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_REFERENCE_H_

#include <array>
#include <cstddef>

namespace surplus::apps::em_gmm {

/// Success rates as the paper has them.
struct PaperRates {
  double em1;
  double em2;
};

/// Two Gaussians at distance 2, weights .52, .7, .9.
inline constexpr double kPaperSeparation = 2;
inline constexpr std::array<double, 3> kPaperWeights = {0.52, 0.7, 0.9};
inline constexpr std::array<PaperRates, 3> kPaperSamples = {
    {{0.799, 0.500}, {0.497, 0.800}, {0.499, 0.899}}};
inline constexpr std::array<PaperRates, 3> kPaperPopulation = {
    {{0.504, 1.000}, {0.514, 1.000}, {0.506, 1.000}}};
/// Three or four Gaussians, cases 1 to 4.
inline constexpr std::array<PaperRates, 4> kPaperPlane = {
    {{0.164, 0.900}, {0.167, 1.000}, {0.145, 0.956}, {0.159, 0.861}}};

/// Limits of the symmetric population EM_1 started at -theta*.
inline constexpr std::array<double, 5> kLimitThetas = {0.5, 1, 1.5, 2, 3};
inline constexpr std::array<double, 9> kLimitWeights = {0.52, 0.55, 0.6, 0.7, 0.75,
                                                        0.8,  0.85, 0.9, 0.95};
inline constexpr double kLimits[5][9] = {
    {-0.49738314, -0.48288130, -0.41461513, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
    {-0.99919779, -0.99491722, -0.97859889, -0.88852085, -0.74600555, 1, 1, 1, 1},
    {-1.49973617, -1.49833754, -1.49314826, -1.46872148, -1.44512057, -1.40627170, -1.33226826, 1.5,
     1.5},
    {-1.99992313, -1.99951626, -1.99801609, -1.99115853, -1.98486287, -1.97523753, -1.95956255,
     -1.93012117, -1.84965804},
    {-2.99999639, -2.99997730, -2.99990698, -2.99958688, -2.99929514, -2.99885346, -2.99814682,
     -2.99686816, -2.99375776}};

/// The largest weight for which EM_1 has a fixed point on the wrong side. The last value is the
/// upper end of the search: a lower bound.
struct CriticalWeight {
  double theta;
  double weight;
};
inline constexpr std::array<CriticalWeight, 8> kCriticalWeights = {{{0.25, 0.5625},
                                                                    {0.5, 0.6256},
                                                                    {0.75, 0.6912},
                                                                    {1, 0.7606},
                                                                    {1.5, 0.8983},
                                                                    {2, 0.9797},
                                                                    {2.5, 0.9983},
                                                                    {3, 0.9999}}};

/// Population log-likelihoods of the symmetric mixture.
struct LogLikelihood {
  double theta_true, weight_true;
  const char* point;
  double theta, weight;
  double value;
};
inline constexpr std::array<LogLikelihood, 6> kLogLikelihoods = {{
    {1, 0.7, "the truth", 1, 0.7, -1.71079605},
    {1, 0.7, "the truth with its names exchanged", -1, 0.3, -1.71079605},
    {1, 0.7, "the spurious fixed point of EM_1", -0.88852085, 0.7, -1.89115210},
    {1, 0.7, "theta = 0", 0, 0.7, -1.91893853},
    {2, 0.9, "the truth", 2, 0.9, -1.71059780},
    {2, 0.9, "the spurious fixed point of EM_1", -1.93012117, 0.9, -3.32545745},
}};

/// One step of EM_2 for the truth (1, .7), from (.3, .6).
inline constexpr double kStepTheta = 0.5729226592;
inline constexpr double kStepWeight = 0.6388129546;

/// Balanced EM_1 after ten steps from infinity, theta* = .5, 1, 1.5, 2: relative errors. The last
/// is below rounding.
inline constexpr std::array<double, 4> kTenStepThetas = {0.5, 1, 1.5, 2};
inline constexpr std::array<double, 4> kTenStepErrors = {8.3e-3, 8.9e-7, 7.8e-12, 1e-15};

/// EM_2 in the plane, truth (1.2, 0), from (0, 2) on the hyperplane: the second coordinate.
inline constexpr std::array<std::size_t, 3> kHyperplaneSteps = {10, 100, 1000};
inline constexpr std::array<double, 3> kHyperplane = {0.2295, 0.0711, 0.0224};

/// Traces of W* I^-1: two Gaussians at distance 1, 2, 4 with weights .52, .7, .9; cases 1 to 4.
inline constexpr std::array<double, 3> kSeparations = {1, 2, 4};
inline constexpr double kTraces[3][3] = {
    {4.1636, 4.3927, 6.1582}, {3.1794, 3.1790, 3.2443}, {2.4004, 2.4140, 2.4900}};
inline constexpr std::array<double, 4> kPlaneTraces = {10.5197, 8.1782, 15.1636, 14.0386};

}  // namespace surplus::apps::em_gmm

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_REFERENCE_H_
