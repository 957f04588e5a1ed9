/// What a run of sop-linear is set beside. The paper prints no figure of this experiment digit for
/// digit: these are reference computations on the same families of instances by another program,
/// with another random generator.
#ifndef SURPLUS_APPS_STUDIES_SOP_LINEAR_REFERENCE_H_
#define SURPLUS_APPS_STUDIES_SOP_LINEAR_REFERENCE_H_

#include <array>
#include <cstdint>

namespace surplus::apps::sop_linear {

/// Share of ten trials in which (P) at lambda = 1 finds the truth, N = 100, p = 150. 1 for r <= 10.
inline constexpr std::array<std::uint64_t, 11> kReferenceCounts = {1,  2,  5,  10, 15, 20,
                                                                   25, 30, 35, 40, 50};
struct ReferenceRow {
  std::uint64_t rank;
  std::array<double, 11> success;
};
inline constexpr std::array<ReferenceRow, 5> kReferencePhase = {
    {{15, {1, 1, 1, 1, 1, 1, 1, 1, 1, .9, .9}},
     {20, {1, 1, 1, 1, 1, 1, 1, 1, 1, .8, .2}},
     {30, {1, 1, 1, 1, 1, 1, 1, .9, .4, .1, 0}},
     {40, {1, 1, 1, 1, 1, 1, .6, .1, 0, 0, 0}},
     {50, {1, 1, 1, 1, .9, .7, 0, 0, 0, 0, 0}}}};
inline constexpr double kReferenceTrials = 10;
inline constexpr double kPhaseWindow = 0.2;

}  // namespace surplus::apps::sop_linear

#endif  // SURPLUS_APPS_STUDIES_SOP_LINEAR_REFERENCE_H_
