/// The networks of sop: fully connected ones and residual ones, behind one interface.
#ifndef SURPLUS_APPS_STUDIES_SOP_NETWORK_H_
#define SURPLUS_APPS_STUDIES_SOP_NETWORK_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "surplus/data/images.h"
#include "surplus/nn/mlp.h"
#include "surplus/nn/parameters.h"
#include "surplus/nn/resnet.h"
#include "surplus/train/objective.h"

namespace surplus::apps::sop {

using Network = std::variant<MlpConfig, ResnetConfig>;

/// What a network of an image task is called in the settings: "mlp" has one hidden layer of `width`
/// units, "resnet-8" stages of `width`, 2 `width` and 4 `width` channels; the others are the paper's.
inline constexpr std::array<std::string_view, 4> kNetworkNames = {"mlp", "resnet-8", "resnet-34",
                                                                  "preact-resnet-18"};
Network network_for(std::string_view name, std::size_t width, const ImageShape& shape,
                    std::size_t classes);

Parameters<float> start_of(const Network& network, const Rng& rng);
Scores<float> scores_of(const Network& network);

/// Multiplications of a forward pass of one example.
double multiplications(const Network& network);

/// The expected time on one core of a training step on so many examples, and of as many predictions.
double step_seconds(const Network& network, double examples);
double predict_seconds(const Network& network, double examples);

}  // namespace surplus::apps::sop

#endif  // SURPLUS_APPS_STUDIES_SOP_NETWORK_H_
