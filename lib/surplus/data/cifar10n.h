/// The labels that people gave to CIFAR-10's training images.
#ifndef SURPLUS_DATA_CIFAR10N_H_
#define SURPLUS_DATA_CIFAR10N_H_

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace surplus {

/// Classes of the training images, in their order: of three people each (random1 to 3), what most of
/// them said or, where all differ, one at random (aggregate), a wrong one of them if there is one
/// (worst), and the true ones. Published noise rates: .0901 aggregate, .1723, .1812 and .1764 random
/// 1 to 3, .4021 worst.
///
/// Source  Wei, Zhu, Cheng, Liu, Niu, Liu (2022), Learning with noisy labels revisited, ICLR
struct HumanLabels {
  std::vector<std::size_t> clean, aggregate, worst, random1, random2, random3;
};

/// Reads CIFAR-10_human.pt as it is published: a ZIP archive of PyTorch with one pickle, a dictionary
/// of six NumPy arrays. Of the pickle's language only what such a file needs is understood, nothing
/// in it is run, and all that is not expected is refused.
///
/// Throws  DataError with the byte of the pickle if the file is missing, cut off, damaged or another
///         one, if an array is missing or there is one more, if they are not all of 50000 labels, or if
///         a label is not below 10
/// Cost    one pass; the file and the result in memory
HumanLabels read_cifar10n(const std::filesystem::path& path);

/// The same of a file in memory, which messages call `name`, with any number of labels, the same in
/// each array.
HumanLabels parse_cifar10n(std::string_view bytes, std::string_view name);

}  // namespace surplus

#endif  // SURPLUS_DATA_CIFAR10N_H_
