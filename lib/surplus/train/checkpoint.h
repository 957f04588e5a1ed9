/// The state of a training, and its file.
#ifndef SURPLUS_TRAIN_CHECKPOINT_H_
#define SURPLUS_TRAIN_CHECKPOINT_H_

#include <cstddef>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "surplus/nn/parameters.h"
#include "surplus/optim/average.h"
#include "surplus/optim/optimizer.h"
#include "surplus/train/train.h"

namespace surplus {

/// All that a training carries from one step to the next.
template <typename T>
struct TrainState {
  Parameters<T> parameters;
  OptimizerState<T> optimizer;
  std::size_t epoch = 0;  ///< completed
  std::size_t step = 0;   ///< completed in the present epoch
  double loss_sum = 0;    ///< of the present epoch, over the rows seen
  std::vector<EpochRecord> history;
  double best_loss = std::numeric_limits<double>::infinity();
  std::size_t best_epoch = 0;  ///< from 1 on; 0 if there is none
  Parameters<T> best;          ///< at its end; empty if not asked for
  IterateAverage average;      ///< empty until its first step
};

/// What tells one training from another: numbers that decide its bits.
template <typename T>
std::vector<double> fingerprint_of(const Examples<T>& examples, const TrainConfig<T>& config);
/// The part of it that any training has.
std::vector<double> fingerprint_of(const OptimizerConfig& optimizer, const Schedule& schedule);

/// Matrices that live elsewhere: TrainConfig::carried.
template <typename T>
using Carried = std::map<std::string, MatrixView<T>>;

/// Writes the state to an NPZ file, to a temporary name, then renamed.
/// Throws   DataError if the file cannot be written
template <typename T>
void save_state(const std::filesystem::path& path, const TrainState<T>& state,
                const std::vector<double>& fingerprint, const Carried<T>& carried = {});

/// Reads it into a state that has the layout and the optimizer's arrays already.
/// Throws   DataError if the file is damaged, or of another layout, optimizer or fingerprint, or
///          without one of the carried matrices
template <typename T>
void load_state(const std::filesystem::path& path, const std::vector<double>& fingerprint,
                TrainState<T>& state, const Carried<T>& carried = {});

}  // namespace surplus

#endif  // SURPLUS_TRAIN_CHECKPOINT_H_
