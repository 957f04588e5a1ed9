#include "apps/studies/sop/network.h"

namespace surplus::apps::sop {
namespace {

// Multiplications a second, as measured on one core with AVX2.
constexpr double kDense = 2.5e10, kConvolutional = 2e10;

double speed_of(const Network& network) {
  return std::holds_alternative<MlpConfig>(network) ? kDense : kConvolutional;
}

}  // namespace

Network network_for(std::string_view name, std::size_t width, const ImageShape& shape,
                    std::size_t classes) {
  if (name == "mlp") {
    return MlpConfig{.inputs = shape.size(), .hidden = {width}, .outputs = classes};
  }
  ResnetConfig config = small_resnet(1, width);
  if (name == "resnet-34") config = resnet34(classes);
  if (name == "preact-resnet-18") config = preact_resnet18(classes);
  config.channels = shape.channels;
  config.height = shape.height;
  config.width = shape.width;
  config.outputs = classes;
  return config;
}

Parameters<float> start_of(const Network& network, const Rng& rng) {
  if (const auto* mlp = std::get_if<MlpConfig>(&network)) return mlp_parameters<float>(*mlp, rng);
  return resnet_parameters<float>(std::get<ResnetConfig>(network), rng);
}

Scores<float> scores_of(const Network& network) {
  if (const auto* mlp = std::get_if<MlpConfig>(&network)) return mlp_scores<float>(*mlp);
  return resnet_scores<float>(std::get<ResnetConfig>(network));
}

double multiplications(const Network& network) {
  if (const auto* mlp = std::get_if<MlpConfig>(&network)) {
    return static_cast<double>(mlp->hidden[0] * (mlp->inputs + mlp->outputs));
  }
  const auto& config = std::get<ResnetConfig>(network);
  std::size_t pixels = config.height * config.width, channels = config.widths.front();
  std::size_t sum = 9 * config.channels * channels * pixels;
  for (std::size_t stage = 0; stage < config.widths.size(); ++stage) {
    const std::size_t width = config.widths[stage];
    if (stage > 0) pixels = (pixels + 3) / 4;
    sum += (2 * config.blocks[stage] - 1) * 9 * width * width * pixels;
    sum += (9 + (channels != width)) * channels * width * pixels;
    channels = width;
  }
  return static_cast<double>(sum + channels * config.outputs);
}

double step_seconds(const Network& network, double examples) {
  return 4e-5 + 3 * examples * multiplications(network) / speed_of(network);
}

double predict_seconds(const Network& network, double examples) {
  return examples * multiplications(network) / speed_of(network);
}

}  // namespace surplus::apps::sop
