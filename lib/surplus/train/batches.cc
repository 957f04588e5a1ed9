#include "surplus/train/batches.h"

#include <algorithm>
#include <numeric>

namespace surplus {

Chunks epoch_of(std::size_t n, const BatchConfig& config) {
  const std::size_t size = config.batch_size == 0 ? n : std::min(config.batch_size, n);
  return {config.drop_last ? n / size * size : n, size};
}

template <typename T>
Batches<T>::Batches(const Examples<T>& examples, const BatchConfig& config)
    : examples_(examples),
      rows_(epoch_of(examples.x.rows(), config)),
      drawn_(config.with_replacement ? config.batch_size : 0),
      shuffle_(config.shuffle && rows_.size < examples.x.rows()),
      rng_(config.seed) {
  order_.resize(examples.x.rows());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (as_it_stands()) return;
  const std::size_t most = std::max(drawn_, rows_.size);
  batch_rows_.resize(most);
  x_ = Matrix<T>(most, examples.x.cols());
  targets_ = Matrix<T>(examples.targets.empty() ? 0 : most, examples.targets.cols());
  labels_.resize(examples.labels.empty() ? 0 : most);
}

template <typename T>
void Batches<T>::begin_epoch(std::size_t epoch) {
  epoch_ = epoch;
  if (drawn_ == 0 && shuffle_) {
    order_ = rng_.split("order").split(epoch).permutation(order_.size());
  }
}

template <typename T>
Batch<T> Batches<T>::batch(std::size_t number, std::size_t step) {
  Batch<T> batch{.examples = examples_,
                 .rng = rng_.split("step").split(step),
                 .training = true,
                 .rows = order_,
                 .epoch = epoch_};
  if (as_it_stands()) return batch;
  const std::size_t begin = rows_.begin(number);
  const std::size_t n = drawn_ > 0 ? drawn_ : rows_.end(number) - begin;
  Rng draws = rng_.split("rows").split(step);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t row = drawn_ > 0 ? draws.below(order_.size()) : order_[begin + i];
    batch_rows_[i] = row;
    std::ranges::copy(examples_.x.row(row), x_.row(i).begin());
    if (!labels_.empty()) labels_[i] = examples_.labels[row];
    if (!targets_.empty()) std::ranges::copy(examples_.targets.row(row), targets_.row(i).begin());
  }
  batch.examples = {.x = x_.view().block(0, 0, n, x_.cols())};
  batch.rows = std::span(batch_rows_).first(n);
  if (!labels_.empty()) batch.examples.labels = std::span(labels_).first(n);
  if (!targets_.empty()) batch.examples.targets = targets_.view().block(0, 0, n, targets_.cols());
  return batch;
}

template class Batches<float>;
template class Batches<double>;

}  // namespace surplus
