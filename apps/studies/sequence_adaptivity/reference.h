/// What the paper prints: the figures that a run of sequence-adaptivity is set beside.
#ifndef SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_REFERENCE_H_
#define SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_REFERENCE_H_

#include <array>
#include <cstddef>

namespace surplus::apps::sequence_adaptivity {

/// Slopes and intercepts of log10 error and log10 stopping time against log10 n: figures 1 and 3.
/// Their last time slope of fixed eigenvalues, 1.17, contradicts the paper's own theory (2): the
/// run presumably met a limit of iterations.
struct PaperFit {
  double gamma;
  double fixed_error, fixed_error_at_1, fixed_time, fixed_time_at_1;
  double trained_error, trained_error_at_1, trained_time, trained_time_at_1;
};
inline constexpr std::array<PaperFit, 2> kPaperFits = {
    {{1.5, -0.374, 0.29, 1.03, -0.53, -0.533, 0.65, 0.56, -0.21},
     {3, -0.341, 0.21, 1.17, 2.02, -0.499, 0.55, 0.51, 0.26}}};

/// Rates r of n^-r: tables 1 (D = 0) and 2 (D = 1, 2).
inline constexpr std::array<double, 3> kTableP = {0.6, 1, 3};
inline constexpr std::array<double, 3> kTableQ = {1, 1.5, 2};
inline constexpr std::array<double, 3> kTableGamma = {1.1, 2, 3};
/// [D][gamma][p][q].
inline constexpr double kTableRates[3][3][3][3] = {
    {{{.38, .40, .50}, {.50, .45, .48}, {.78, .69, .67}},
     {{.36, .41, .52}, {.49, .46, .50}, {.80, .73, .72}},
     {{.36, .41, .52}, {.48, .46, .50}, {.76, .73, .74}}},
    {{{.36, .40, .52}, {.49, .46, .49}, {.79, .73, .72}},
     {{.36, .40, .52}, {.48, .46, .50}, {.76, .73, .73}},
     {{.30, .32, .38}, {.45, .41, .44}, {.75, .73, .74}}},
    {{{.34, .39, .49}, {.46, .44, .48}, {.76, .74, .75}},
     {{.35, .40, .51}, {.47, .45, .49}, {.74, .73, .73}},
     {{.36, .40, .51}, {.48, .46, .50}, {.74, .73, .73}}}};
/// How far a rate of table 1 may be from the paper's, by p.
inline constexpr std::array<double, 3> kTableWindows = {0.07, 0.05, 0.12};
/// Below this many repetitions the windows say nothing.
inline constexpr std::size_t kFewestTableRepetitions = 256;

/// Slopes of figure 5.
inline constexpr double kPaperTorusFixed = -0.31;
inline constexpr double kPaperTorusAdaptive = -0.65;

}  // namespace surplus::apps::sequence_adaptivity

#endif  // SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_REFERENCE_H_
