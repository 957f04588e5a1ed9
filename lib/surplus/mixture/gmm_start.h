/// Where EM starts.
#ifndef SURPLUS_MIXTURE_GMM_START_H_
#define SURPLUS_MIXTURE_GMM_START_H_

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm.h"

namespace surplus::detail {

/// The mixture from which EM starts: the parts in `given`, the others as config.start says. Input is
/// taken as checked.
///
/// Promises the same state of `rng` gives the same bits with any number of threads
GaussianMixture start_mixture(MatrixView<const double> x, const GmmConfig& config,
                              const GaussianMixture& given, Rng& rng);
GaussianMixture start_mixture(MatrixView<const float> x, const GmmConfig& config,
                              const GaussianMixture& given, Rng& rng);

}  // namespace surplus::detail

#endif  // SURPLUS_MIXTURE_GMM_START_H_
