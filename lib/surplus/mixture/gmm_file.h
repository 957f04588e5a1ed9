/// Gaussian mixtures in files.
#ifndef SURPLUS_MIXTURE_GMM_FILE_H_
#define SURPLUS_MIXTURE_GMM_FILE_H_

#include <string>

#include "surplus/mixture/gmm.h"

namespace surplus {

/// Writes a mixture as JSON, under a temporary name that is then renamed: what stood at `path`
/// stays until the new file is complete.
///
/// Throws   as the queries if the mixture is none; DataError if the file cannot be written
/// Promises load_gmm() gives the same bits back
void save_gmm(const GaussianMixture& mixture, const std::string& path);

/// Reads what save_gmm() wrote.
///
/// Throws   DataError if the file is missing, truncated or anything else than a mixture
GaussianMixture load_gmm(const std::string& path);

}  // namespace surplus

#endif  // SURPLUS_MIXTURE_GMM_FILE_H_
