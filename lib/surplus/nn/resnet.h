/// Residual networks for small images: convolutions in blocks around which their input goes.
#ifndef SURPLUS_NN_RESNET_H_
#define SURPLUS_NN_RESNET_H_

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "surplus/nn/initialize.h"
#include "surplus/nn/parameters.h"

namespace surplus {

/// A 3 x 3 convolution, normalized and rectified (the stem); stages of blocks of two 3 x 3
/// convolutions each, the first one of every stage but the first halving the image; the mean over
/// the image; a linear layer. Around a block goes its input, through a 1 x 1 convolution where shapes
/// differ. No convolution has a bias.
///
/// Source  He, Zhang, Ren, Sun (2016), Deep residual learning, in the form with a small stem that
///         studies on CIFAR use; (2016), Identity mappings in deep residual networks, for
///         pre_activation, without a normalization after the last block, as those studies have it
struct ResnetConfig {
  std::size_t channels = 3, height = 32, width = 32;  ///< of an image, each at least 1
  std::size_t outputs = 10;                           ///< k, at least 1
  std::vector<std::size_t> widths = {16, 32, 64};  ///< channels of each stage, at least one stage
  std::vector<std::size_t> blocks = {1, 1, 1};     ///< of each stage, each at least 1
  /// Normalize and rectify before each convolution, not after it; the way around has no normalization.
  bool pre_activation = false;
  double epsilon = 1e-5;  ///< of each normalization, above 0
  double momentum = 0.1;  ///< weight of a step's moments in the running averages, in (0, 1]
  Initializer initializer = Initializer::kKaimingNormal;  ///< of convolutions; not kNtk
};

/// ResNet-8 by default: 6 blocks + 2 layers in general, with 3 stages of `blocks` blocks each.
ResnetConfig small_resnet(std::size_t blocks = 1, std::size_t width = 16);
/// 21 282 122 parameters for 10 classes.
ResnetConfig resnet34(std::size_t outputs = 10);
/// 11 171 274 parameters for 10 classes.
ResnetConfig preact_resnet18(std::size_t outputs = 10);

/// The parameters at the start, named as in PyTorch: "conv1.weight", "bn1.weight", "bn1.bias",
/// "bn1.running_mean", "bn1.running_var", "layer1.0.conv1.weight", ... , "linear.weight",
/// "linear.bias". A convolution's weights are outputs x (line, column, channel) of the window. Gains
/// are 1, shifts 0; running means 0 and variances 1, which are not trained. The linear layer starts
/// as Initializer::kUniformFanIn. Matrix i draws from rng.split("init").split(i).
///
/// Throws   ArgumentError if the config is out of its domain
/// Promises the same seed gives the same bits with any number of threads
template <typename T>
Parameters<T> resnet_parameters(const ResnetConfig& config, const Rng& rng);

/// The outputs for n images.
///
/// parameters   in the order of resnet_parameters()
/// x            n x channels height width: rows that are images, channel after channel
/// training     normalize with the moments of the batch; else with the running averages
/// assignments  in training, if not null: gets the running averages' next values, the variance with
///              the n / (n - 1) of PyTorch
/// Returns      n x k
/// Throws       ShapeError if the parameters or x do not fit the config
template <typename T>
ad::Var<T> resnet(const ResnetConfig& config,
                  std::type_identity_t<std::span<const ad::Var<T>>> parameters, const ad::Var<T>& x,
                  bool training,
                  std::type_identity_t<std::vector<Assignment<T>>>* assignments = nullptr);

}  // namespace surplus

#endif  // SURPLUS_NN_RESNET_H_
