/// Training images moved and mirrored, for a network or for a whole step.
#ifndef SURPLUS_TRAIN_AUGMENTED_H_
#define SURPLUS_TRAIN_AUGMENTED_H_

#include <type_traits>

#include "surplus/data/augment.h"
#include "surplus/train/objective.h"

namespace surplus {

/// `network` on augment_images() of the rows in training, with Batch::rng.split("augment"), and on
/// the rows as they are in an evaluation.
///
/// Throws   when called, as augment_images() and the network
template <typename T>
Scores<T> augmented(Scores<T> network, ImageShape shape, AugmentConfig config = {});

/// The batch with augment_images() of its rows, with Batch::rng.split("augment"): for steps that look
/// at a batch more than once.
///
/// memory   for the rows, of their shape; must live as long as the batch that is returned
/// Throws   as augment_images()
template <typename T>
Batch<T> augmented(const Batch<T>& batch, const ImageShape& shape, const AugmentConfig& config,
                   std::type_identity_t<MatrixView<T>> memory);

}  // namespace surplus

#endif  // SURPLUS_TRAIN_AUGMENTED_H_
