/// Class labels: counted, and drawn at random.
#ifndef SURPLUS_DATA_LABELS_H_
#define SURPLUS_DATA_LABELS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/rng.h"

namespace surplus {

/// How often each of the labels 0 .. classes - 1 occurs.
///
/// Throws  ArgumentError if a label is not below `classes`
std::vector<std::size_t> class_counts(std::span<const std::size_t> labels, std::size_t classes);

/// n labels drawn independently, each uniform on 0 .. classes - 1: labels that tell nothing of
/// their samples, one in `classes` of them right by chance.
///
/// Throws  ArgumentError if classes is 0
/// Source  Zhang, Bengio, Hardt, Recht, Vinyals (2017), Understanding deep learning requires
///         rethinking generalization, section 2
std::vector<std::size_t> random_labels(std::size_t n, std::size_t classes, Rng& rng);

}  // namespace surplus

#endif  // SURPLUS_DATA_LABELS_H_
