/// What the papers, and computations made for this study apart from it, print.
#ifndef SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_REFERENCE_H_
#define SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_REFERENCE_H_

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

namespace surplus::apps::interpolation_sgd {

inline constexpr double kNotPrinted = std::numeric_limits<double>::quiet_NaN();

/// The system under a constant step.
struct PaperPlateau {
  double rate, contraction, distance, excess_loss;
};
inline constexpr std::array<PaperPlateau, 7> kPaperPlateaus = {{{0.001, 0.996671, 0.01056, 0.02120},
                                                                {0.005, 0.98344, 0.05374, 0.10865},
                                                                {0.01, 0.967095, 0.10994, 0.22431},
                                                                {0.02, 0.935054, 0.23076, 0.48001},
                                                                {0.05, 0.844328, 0.68962, 1.53272},
                                                                {0.10, 0.71863, 2.3759, 6.1299},
                                                                {0.12, 0.735164, 4.648, 12.994}}};
inline constexpr double kPaperRateLimit = 0.144517;
inline constexpr double kPaperNoise = 84.30;

/// E|w - w*|^2 after 10^2, 10^3, 10^4 and 10^5 steps.
struct PaperPath {
  std::string_view name;
  double distance[4];
};
inline constexpr std::array<PaperPath, 3> kPaperPaths = {
    {{"0.6/(t+12)", {9.01e-2, 1.02e-2, 1.034e-3, 1.035e-4}},
     {"1.2/(t+24)", {1.30e-1, 1.51e-2, 1.54e-3, 1.54e-4}},
     {"0.05/sqrt(1+t/100)", {4.5e-1, 1.7e-1, 5.4e-2, 1.7e-2}}}};

/// At the rate .05, and at the best of a grid.
struct PaperLift {
  double scale, contraction, grid_rate, grid_contraction;
};
inline constexpr std::array<PaperLift, 3> kPaperLifts = {
    {{1, 0.96705, 0.117, 0.92943}, {2, 0.87397, 0.083, 0.81989}, {4, 0.7725, 0.039, 0.70963}}};

struct PaperRadii {
  double second, sgd, best_sgd, best_nesterov, mass, bound;
};
inline constexpr std::array<PaperRadii, 3> kPaperRadii = {
    {{1.0 / 512, 0.999350, 0.998703, 0.99782, 0.98807, 0.99263},
     {0.01, 0.99668, 0.99348, 0.99026, 0.97472, 0.98333},
     {0.125, 0.96094, kNotPrinted, kNotPrinted, 0.92016, 0.94107}}};

struct PaperBatch {
  std::size_t batch;
  double mass, bound;
};
inline constexpr std::array<PaperBatch, 7> kPaperBatches = {{{1, 0.98807, 0.99263},
                                                             {2, 0.97946, 0.98737},
                                                             {4, 0.96762, 0.98036},
                                                             {6, 0.95985, 0.97589},
                                                             {16, 0.94222, 0.96633},
                                                             {64, 0.92663, 0.95901},
                                                             {512, 0.91824, 0.95623}}};

struct PaperNesterov {
  double momentum, contraction;
};
inline constexpr std::array<PaperNesterov, 5> kPaperNesterov = {
    {{0.6, 1.0307}, {0.7, 1.129}, {0.8, 1.246}, {0.9, 1.377}, {0.99, 1.507}}};
inline constexpr double kPaperNesterovLimit = 0.5639;

/// MNIST, Gaussian kernel of bandwidth 5: the largest eigenvalue of K / n (EigenPro's log), and m*.
inline constexpr double kPaperMnistLargest = 0.153;
inline constexpr double kPaperMnistCritical = 7.5;

/// Accuracy on MNIST of a network of 3 x 100 ReLU units with dropout, in an independent reproduction.
struct PaperNetwork {
  double rate, sgd, nesterov, mass, adam;
};
inline constexpr PaperNetwork kPaperNetwork = {0.005, 0.8226, 0.6511, 0.8778, 0.5214};

}  // namespace surplus::apps::interpolation_sgd

#endif  // SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_REFERENCE_H_
