/// Figures that double-descent is set beside: an independent computation of the same experiments,
/// and the papers' own where they are known. Texts keep the digits that were printed.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_REFERENCE_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_REFERENCE_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace surplus::apps::double_descent {

/// The sample without random numbers, Legendre features from the constant on, least norm. Where a
/// text is empty, nothing was printed.
struct ReferenceFixed {
  double d;
  std::string_view train, test, norm, smin, smax;
};
inline constexpr std::array<ReferenceFixed, 17> kFixed = {{
    {1, ".1811419", ".105659579", "0", "4", "4"},
    {2, ".1430368", ".0964094791", ".31759477", "2.458545", "4"},
    {4, ".03840915", ".000958640760", ".74676326", "1.723815", "4.011872"},
    {6, ".03658014", ".00137176682", ".80087025", "1.303593", "4.028781"},
    {8, ".03392940", ".00228639946", ".86215497", "1.036834", "4.057665"},
    {10, ".03024564", ".00721888621", ".97475934", ".7751145", "4.109175"},
    {12, ".02509268", ".0556899695", "1.40717432", ".4033058", "4.192648"},
    {14, ".01730530", "1.58247331", "4.73431436", ".0969282", "4.309096"},
    {16, "", "589.886780", "81.14394683", ".00685754", "4.452522"},
    {18, "", "2.61737618", "8.14687975", ".0736374", "4.601582"},
    {20, "", ".136528881", "2.11505010", ".2993963", "4.748797"},
    {24, "", ".0322148182", "1.19374932", ".6444592", "5.062417"},
    {32, "", ".0389115405", "1.11694619", ".8088181", "5.753056"},
    {64, "", ".0444471876", "1.03111880", ".8152705", "8.028455"},
    {128, "", ".0442254255", ".91311138", "1.000784", "11.32177"},
    {256, "", ".0475839578", ".84384700", "1.093206", "16.00282"},
    {1000, "", ".0534771817", ".74213605", "1.276875", "31.62311"},
}};

/// Test errors of the same sample in other bases and with a penalty. One, for lambda 10 and d = 8, is
/// not rounded as the others: .058947.
struct ReferenceTest {
  std::string_view basis;
  double lambda;
  double d;
  std::string_view test;
};
inline constexpr std::array<ReferenceTest, 73> kTests = {{
    {"orthonormal legendre", 0, 16, "589.8868"},
    {"orthonormal legendre", 0, 18, "2.581"},
    {"orthonormal legendre", 0, 24, ".07758"},
    {"orthonormal legendre", 0, 64, ".1035"},
    {"orthonormal legendre", 0, 256, ".1032"},
    {"monomial", 0, 16, "589.8868"},
    {"monomial", 0, 18, "1613"},
    {"monomial", 0, 24, "1.68e4"},
    {"monomial", 0, 64, "2.60e6"},
    {"monomial", 0, 256, "1.90e7"},
    {"legendre", 1e-6, 4, "9.586e-4"},
    {"legendre", 1e-6, 8, "2.286e-3"},
    {"legendre", 1e-6, 12, "5.569e-2"},
    {"legendre", 1e-6, 14, "1.582"},
    {"legendre", 1e-6, 16, "565.4"},
    {"legendre", 1e-6, 20, ".1365"},
    {"legendre", 1e-6, 32, ".0389"},
    {"legendre", 1e-6, 64, ".0444"},
    {"legendre", 1e-6, 256, ".0476"},
    {"legendre", 1e-4, 4, "9.591e-4"},
    {"legendre", 1e-4, 8, "2.286e-3"},
    {"legendre", 1e-4, 12, "5.560e-2"},
    {"legendre", 1e-4, 14, "1.547"},
    {"legendre", 1e-4, 16, "58.95"},
    {"legendre", 1e-4, 20, ".1363"},
    {"legendre", 1e-4, 32, ".0389"},
    {"legendre", 1e-4, 64, ".0444"},
    {"legendre", 1e-4, 256, ".0476"},
    {"legendre", 1e-3, 4, "9.632e-4"},
    {"legendre", 1e-3, 8, "2.277e-3"},
    {"legendre", 1e-3, 12, "5.479e-2"},
    {"legendre", 1e-3, 14, "1.271"},
    {"legendre", 1e-3, 16, ".9557"},
    {"legendre", 1e-3, 20, ".1340"},
    {"legendre", 1e-3, 32, ".0389"},
    {"legendre", 1e-3, 64, ".0444"},
    {"legendre", 1e-3, 256, ".0476"},
    {"legendre", 1e-2, 4, "1.004e-3"},
    {"legendre", 1e-2, 8, "2.199e-3"},
    {"legendre", 1e-2, 12, "4.743e-2"},
    {"legendre", 1e-2, 14, ".3126"},
    {"legendre", 1e-2, 16, ".03065"},
    {"legendre", 1e-2, 20, ".1144"},
    {"legendre", 1e-2, 32, ".0385"},
    {"legendre", 1e-2, 64, ".0442"},
    {"legendre", 1e-2, 256, ".0476"},
    {"legendre", 1e-1, 4, "1.462e-3"},
    {"legendre", 1e-1, 8, "1.691e-3"},
    {"legendre", 1e-1, 12, "1.356e-2"},
    {"legendre", 1e-1, 14, "5.342e-3"},
    {"legendre", 1e-1, 16, ".03386"},
    {"legendre", 1e-1, 20, ".0463"},
    {"legendre", 1e-1, 32, ".0358"},
    {"legendre", 1e-1, 64, ".0426"},
    {"legendre", 1e-1, 256, ".0479"},
    {"legendre", 1, 4, "8.412e-3"},
    {"legendre", 1, 8, "7.868e-3"},
    {"legendre", 1, 12, "9.892e-3"},
    {"legendre", 1, 14, "2.008e-2"},
    {"legendre", 1, 16, "2.842e-2"},
    {"legendre", 1, 20, "2.696e-2"},
    {"legendre", 1, 32, ".0352"},
    {"legendre", 1, 64, ".0443"},
    {"legendre", 1, 256, ".0533"},
    {"legendre", 10, 4, ".0565"},
    {"legendre", 10, 8, ".0590"},
    {"legendre", 10, 12, ".0627"},
    {"legendre", 10, 14, ".0656"},
    {"legendre", 10, 16, ".0677"},
    {"legendre", 10, 20, ".0683"},
    {"legendre", 10, 32, ".0727"},
    {"legendre", 10, 64, ".0778"},
    {"legendre", 10, 256, ".0825"},
}};

/// Medians of test errors over 500 random samples of 16 points, 100 beyond 100 features.
struct ReferenceMedian {
  double features, median;
};
inline constexpr std::array<ReferenceMedian, 23> kMedians = {{
    {1, .110},   {2, .108},   {4, .0119},   {6, .0289},   {8, .184},    {10, 4.88},
    {12, 413},   {13, 9.2e3}, {14, 3.0e5},  {15, 3.0e7},  {16, 1.9e10}, {17, 1.3e8},
    {18, 3.9e6}, {19, 4.8e5}, {20, 6.7e4},  {24, 565},    {28, 38},     {32, 7.8},
    {48, .37},   {64, .136},  {128, .0749}, {256, .0671}, {512, .0656},
}};

/// Medians over 300 samples of 2 x + cos 25 x without noise, features P_1 to P_d.
struct ReferenceCosine {
  double features, n15, n16;
};
inline constexpr std::array<ReferenceCosine, 14> kCosine = {{
    {1, .514, .512},
    {8, 2.16, 1.83},
    {10, 23.3, 10.1},
    {12, 842, 247},
    {14, 9.4e4, 2.7e4},
    {15, 3.1e6, 2.9e5},
    {16, 7.3e4, 5.2e6},
    {17, 4.1e3, 1.0e5},
    {20, 31.3, 191},
    {25, .563, .639},
    {30, .366, .330},
    {50, .485, .457},
    {100, .538, .515},
    {200, .578, .558},
}};

/// Random Fourier features of the first n images of MNIST: test errors as shares, scaled norms.
struct ReferenceFourier {
  double ratio;  ///< features over n; infinite for the kernel
  std::array<double, 3> test, norm;
};
inline constexpr std::array<std::size_t, 3> kFourierN = {500, 1000, 2000};
inline constexpr std::array<ReferenceFourier, 16> kFourier = {{
    {.05, {.579, .442, .285}, {2.54, 3.82, 5.58}},
    {.1, {.474, .333, .204}, {4.27, 6.11, 8.41}},
    {.3, {.351, .245, .148}, {9.79, 13.2, 17.7}},
    {.5, {.342, .240, .150}, {15.3, 21.4, 28.5}},
    {.8, {.442, .382, .270}, {32.0, 47.3, 62.1}},
    {.9, {.541, .503, .402}, {46.1, 74.1, 93.7}},
    {.95, {.655, .620, .523}, {68.7, 106, 136}},
    {1, {.902, .898, .901}, {4.9e4, 4.3e5, 2.4e4}},
    {1.05, {.629, .592, .514}, {69.5, 108, 138}},
    {1.1, {.523, .473, .392}, {50.1, 75.1, 101}},
    {1.2, {.429, .339, .259}, {38.1, 55.0, 73.4}},
    {1.5, {.297, .199, .132}, {27.4, 38.7, 51.8}},
    {2, {.216, .143, .0930}, {22.6, 31.5, 42.0}},
    {4, {.150, .0980, .0656}, {18.6, 25.6, 34.1}},
    {6, {.130, .0896, .0613}, {17.5, 24.2, 32.3}},
    {8, {.127, .0854, .0589}, {17.1, 23.6, 31.6}},
}};
/// Of the kernel: test error and norm for kFourierN.
inline constexpr std::array<double, 3> kKernelTest = {.1149, .0783, .0533};
inline constexpr std::array<double, 3> kKernelNorm = {15.88, 21.98, 29.44};

/// The paper's figure for n = 10^4: test errors as shares, read off to about 2 %.
struct PaperFourier {
  double features, test;
};
inline constexpr std::array<PaperFourier, 18> kPaperFourier = {{
    {200, .152},
    {500, .093},
    {1000, .070},
    {2000, .054},
    {3000, .0485},
    {5000, .0496},
    {6000, .061},
    {7000, .073},
    {8000, .117},
    {9000, .23},
    {10000, .88},
    {11000, .182},
    {12000, .095},
    {13000, .069},
    {14000, .0525},
    {20000, .033},
    {40000, .0268},
    {60000, .0253},
}};
inline constexpr double kPaperKernelTest = .0228, kPaperKernelNorm = 62;

/// Networks with reuse on n images of 14 x 14, the larger of two seeds: summed squared test loss.
struct ReferenceNetwork {
  double n, width, test;
};
inline constexpr std::array<ReferenceNetwork, 27> kNetworks = {{
    {500, 2, .901},   {500, 4, .780},   {500, 6, .685},   {500, 8, .623},   {500, 10, .640},
    {500, 12, .684},  {500, 16, .791},  {500, 20, .901},  {500, 24, .998},  {500, 26, .451},
    {500, 28, .414},  {500, 32, .455},  {500, 40, .396},  {500, 60, .407},  {500, 100, .400},
    {1000, 4, .729},  {1000, 8, .524},  {1000, 12, .543}, {1000, 16, .624}, {1000, 24, .709},
    {1000, 32, .811}, {1000, 40, .884}, {1000, 48, .942}, {1000, 50, .358}, {1000, 54, .369},
    {1000, 60, .364}, {1000, 80, .335},
}};
/// The paper's figure, 4000 images of 28 x 28, with reuse.
inline constexpr std::array<ReferenceNetwork, 18> kPaperNetworks = {{
    {4000, 4, .615},
    {4000, 5, .535},
    {4000, 8, .375},
    {4000, 12, .284},
    {4000, 18, .295},
    {4000, 24, .33},
    {4000, 28, .337},
    {4000, 36, .37},
    {4000, 44, .447},
    {4000, 48, .51},
    {4000, 52, .555},
    {4000, 55, .297},
    {4000, 60, .225},
    {4000, 70, .25},
    {4000, 100, .193},
    {4000, 200, .183},
    {4000, 300, .188},
    {4000, 1000, .193},
}};

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_REFERENCE_H_
