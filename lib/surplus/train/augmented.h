/// A network that sees its training images moved and mirrored.
#ifndef SURPLUS_TRAIN_AUGMENTED_H_
#define SURPLUS_TRAIN_AUGMENTED_H_

#include "surplus/data/augment.h"
#include "surplus/train/objective.h"

namespace surplus {

/// `network` on augment_images() of the rows in training, with Batch::rng.split("augment"), and on
/// the rows as they are in an evaluation.
///
/// Throws   when called, as augment_images() and the network
template <typename T>
Scores<T> augmented(Scores<T> network, ImageShape shape, AugmentConfig config = {});

}  // namespace surplus

#endif  // SURPLUS_TRAIN_AUGMENTED_H_
