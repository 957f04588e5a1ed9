/// What the paper says and an independent computation gives: the figures that a run of
/// two-layer-capacity is set beside.
#ifndef SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_REFERENCE_H_
#define SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_REFERENCE_H_

#include <array>
#include <cstddef>

namespace surplus::apps::two_layer_capacity {

/// VC bounds of networks with ten classes, to nine digits: 3072 and 1024 inputs.
inline constexpr std::size_t kVcClasses = 10;
struct VcBound {
  std::size_t width;
  double color, grey;
};
inline constexpr std::array<VcBound, 13> kVcBounds = {{{8, 4.84482149e7, 1.62190445e7},
                                                       {16, 1.00232597e8, 3.35480273e7},
                                                       {32, 2.10174917e8, 7.03386706e7},
                                                       {64, 4.45463667e8, 1.49074447e8},
                                                       {128, 9.49685215e8, 3.17804051e8},
                                                       {256, 2.02744752e9, 6.78459293e8},
                                                       {512, 4.32226430e9, 1.44638100e9},
                                                       {1024, 9.18953379e9, 3.07512998e9},
                                                       {2048, 1.94764498e10, 6.51747088e9},
                                                       {4096, 4.11493068e10, 1.37699220e10},
                                                       {8192, 8.66826356e10, 2.90068714e10},
                                                       {16384, 1.82105816e11, 6.09386056e10},
                                                       {32768, 3.81631655e11, 1.27706512e11}}};

/// The width from which on training errors are 0.
inline constexpr double kPaperFitted = 128;
/// The width beyond which the paper's bound is below the VC bound, on CIFAR-10.
inline constexpr double kPaperCrossing = 1024;

}  // namespace surplus::apps::two_layer_capacity

#endif  // SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_REFERENCE_H_
