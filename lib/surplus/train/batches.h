/// The rows of each step of a training, in their random order.
#ifndef SURPLUS_TRAIN_BATCHES_H_
#define SURPLUS_TRAIN_BATCHES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/train/objective.h"

namespace surplus {

/// As the members of TrainConfig of these names.
struct BatchConfig {
  std::size_t batch_size = 32;
  bool shuffle = true;
  bool with_replacement = false;
  bool drop_last = false;
  std::uint64_t seed = 0;
};

/// An epoch's rows, cut into steps.
///
/// n    examples, at least 1
Chunks epoch_of(std::size_t n, const BatchConfig& config);

/// Copies of the rows of one step at a time, T being float or double.
template <typename T>
class Batches {
 public:
  /// Looks at the examples, at least one row, until its last use.
  Batches(const Examples<T>& examples, const BatchConfig& config);

  /// Steps of an epoch, and rows that it has in all of them.
  std::size_t count() const { return rows_.count(); }
  std::size_t rows() const { return drawn_ > 0 ? drawn_ * count() : rows_.n; }

  /// Draws the order of this epoch, from 0 on.
  void begin_epoch(std::size_t epoch);

  /// Batch `number` of the epoch, good until the next call; `step` counts all steps from 0 on, for
  /// the random numbers. No allocation.
  Batch<T> batch(std::size_t number, std::size_t step);

 private:
  // All rows in one batch.
  bool as_it_stands() const { return drawn_ == 0 && rows_.size == examples_.x.rows(); }

  const Examples<T> examples_;
  Chunks rows_;
  std::size_t drawn_;  // in each step, with replacement; 0 without
  bool shuffle_;
  Rng rng_;
  std::size_t epoch_ = 0;
  std::vector<std::size_t> order_, batch_rows_, labels_;
  Matrix<T> x_, targets_;
};

extern template class Batches<float>;
extern template class Batches<double>;

}  // namespace surplus

#endif  // SURPLUS_TRAIN_BATCHES_H_
