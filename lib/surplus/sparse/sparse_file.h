/// Sparse networks, and the states of their training, in NPZ files.
#ifndef SURPLUS_SPARSE_SPARSE_FILE_H_
#define SURPLUS_SPARSE_SPARSE_FILE_H_

#include <filesystem>
#include <vector>

#include "surplus/sparse/sparse_training.h"

namespace surplus {

/// All that a sparse training carries from one epoch to the next.
template <typename T>
struct SparseTrainState {
  SparseNetwork<T> model;
  OptimizerState<T> optimizer = {};
  std::size_t epoch = 0;        ///< completed
  std::size_t step = 0;         ///< completed in the present epoch
  std::size_t last_update = 0;  ///< the step of the last change of positions; 0 if there was none
  double loss_sum = 0;          ///< of the present epoch, over the rows seen
  double flops = 0;
  std::vector<LayerExploration> exploration = {};
  std::vector<SparseEpoch> history = {};
  std::vector<TopologyRecord> updates = {};
  std::vector<Matrix<T>> momentum = {};  ///< dense, of growth by momentum = {}; else empty
};

/// Writes a model: positions and the active weights alone; to a temporary name, then renamed.
/// Throws   DataError if the file cannot be written
template <typename T>
void save_sparse_network(const std::filesystem::path& path, const SparseNetwork<T>& model);
/// Throws   DataError if the file is missing, damaged or holds no such model
template <typename T>
SparseNetwork<T> load_sparse_network(const std::filesystem::path& path);

/// The same for a state.
///
/// fingerprint  numbers that tell one training from another
template <typename T>
void save_sparse_state(const std::filesystem::path& path, const SparseTrainState<T>& state,
                       const std::vector<double>& fingerprint);
/// Throws   DataError also if it is of a training with another fingerprint
template <typename T>
SparseTrainState<T> load_sparse_state(const std::filesystem::path& path,
                                      const std::vector<double>& fingerprint);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_FILE_H_
