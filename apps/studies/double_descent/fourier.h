/// Part 2 of double-descent: least squares of least norm on random Fourier features of images.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_FOURIER_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_FOURIER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/features/random_features.h"

namespace surplus::apps::double_descent {

struct FourierDesign {
  std::string images = "mnist";  ///< as open_images() knows them
  std::size_t n = 0;             ///< the first n training images
  std::size_t seed = 0;          ///< of the features
  RandomFeature kind = RandomFeature::kFourier;
  double sigma = 5;  ///< bandwidth, in units of pixels from 0 to 1
  std::vector<std::size_t> features{};
};

/// "mnist, n=500, fourier, seed 0".
std::string name_of(const FourierDesign& design);

struct FourierPoint {
  double features = 0;    ///< complex coefficients are counted once
  double test_error = 0;  ///< shares of images whose largest output is not their class
  double train_error = 0;
  double test_loss = 0;  ///< squared, summed over the ten outputs
  double train_loss = 0;
  double norm = 0;  ///< of the coefficients times sqrt(features)
  double rank = 0;
  double condition = 0;  ///< a lower bound
};

struct FourierSweep {
  FourierDesign design;
  std::vector<FourierPoint> points{};
};

/// The limit of ever more features: the interpolant of least norm in the kernel's space.
struct KernelLimit {
  double test_error = 0;
  double test_loss = 0;
  double norm = 0;
};

/// Where the peak must be: at n features.
double fourier_seconds(const FourierDesign& design);
FourierSweep run_fourier(const FourierDesign& design, Run& run);
KernelLimit run_kernel_limit(const FourierDesign& design, Run& run);

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_FOURIER_H_
