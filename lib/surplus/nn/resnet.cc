#include "surplus/nn/resnet.h"

#include <algorithm>
#include <string>
#include <utility>

#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/batch_norm.h"
#include "surplus/autodiff/ops/conv2d.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/pool2d.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/errors.h"

namespace surplus {
namespace {

void require_config(const ResnetConfig& c) {
  SURPLUS_REQUIRE(c.channels >= 1 && c.height >= 1 && c.width >= 1 && c.outputs >= 1, ArgumentError,
                  "resnet", "channels, height, width and outputs must be at least 1", "channels",
                  c.channels, "height", c.height, "width", c.width, "outputs", c.outputs);
  SURPLUS_REQUIRE(!c.widths.empty() && c.widths.size() == c.blocks.size(), ArgumentError, "resnet",
                  "there must be a stage, with widths and blocks each", "widths", c.widths.size(),
                  "blocks", c.blocks.size());
  for (std::size_t stage = 0; stage < c.widths.size(); ++stage) {
    SURPLUS_REQUIRE(c.widths[stage] >= 1 && c.blocks[stage] >= 1, ArgumentError, "resnet",
                    "each stage must have a channel and a block", "stage", stage, "width",
                    c.widths[stage], "blocks", c.blocks[stage]);
  }
  SURPLUS_REQUIRE(c.epsilon > 0, ArgumentError, "resnet", "epsilon must be above 0", "epsilon",
                  c.epsilon);
  SURPLUS_REQUIRE(c.momentum > 0 && c.momentum <= 1, ArgumentError, "resnet",
                  "momentum must be above 0 and at most 1", "momentum", c.momentum);
  SURPLUS_REQUIRE(c.initializer != Initializer::kNtk, ArgumentError, "resnet",
                  "initializer must not be one for scaled layers", "initializer",
                  to_text(c.initializer));
}

// The network from the stem to the outputs, as calls to `layers`, which are those of Layout or of
// Forward; a value x of theirs has `channels`.
template <typename Layers, typename Value>
Value walk(const ResnetConfig& config, Layers& layers, Value x) {
  x = layers.convolve("conv1", x, config.widths.front(), 3, 1);
  x = layers.normalize("bn1", x, true);
  for (std::size_t stage = 0; stage < config.widths.size(); ++stage) {
    const std::size_t width = config.widths[stage];
    for (std::size_t block = 0; block < config.blocks[stage]; ++block) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
      const std::size_t stride = stage > 0 && block == 0 ? 2 : 1;
      const bool reshapes = stride != 1 || x.channels != width;
      Value around = x, y = x;
      if (config.pre_activation) {
        y = layers.normalize(name + ".bn1", y, true);
        if (reshapes) around = y;
        y = layers.convolve(name + ".conv1", y, width, 3, stride);
        y = layers.normalize(name + ".bn2", y, true);
        y = layers.convolve(name + ".conv2", y, width, 3, 1);
        if (reshapes) around = layers.convolve(name + ".shortcut.0", around, width, 1, stride);
        x = layers.add(y, around, false);
      } else {
        y = layers.convolve(name + ".conv1", y, width, 3, stride);
        y = layers.normalize(name + ".bn1", y, true);
        y = layers.convolve(name + ".conv2", y, width, 3, 1);
        y = layers.normalize(name + ".bn2", y, false);
        if (reshapes) {
          around = layers.convolve(name + ".shortcut.0", around, width, 1, stride);
          around = layers.normalize(name + ".shortcut.1", around, false);
        }
        x = layers.add(y, around, true);
      }
    }
  }
  return layers.classify("linear", x, config.outputs);
}

// Lists the matrices, and how each starts.
struct Layout {
  enum class Start { kConvolution, kOne, kZero, kLinear };
  struct Value {
    std::size_t channels;
  };

  Value convolve(const std::string& name, Value x, std::size_t out, std::size_t window,
                 std::size_t) {
    add_matrix(name + ".weight", {out, window * window * x.channels}, Start::kConvolution);
    return {out};
  }
  Value normalize(const std::string& name, Value x, bool) {
    const Shape row{1, x.channels};
    add_matrix(name + ".weight", row, Start::kOne);
    add_matrix(name + ".bias", row, Start::kZero);
    add_matrix(name + ".running_mean", row, Start::kZero, false);
    add_matrix(name + ".running_var", row, Start::kOne, false);
    return x;
  }
  Value add(Value x, Value, bool) { return x; }
  Value classify(const std::string& name, Value x, std::size_t outputs) {
    add_matrix(name + ".weight", {outputs, x.channels}, Start::kLinear);
    add_matrix(name + ".bias", {1, outputs}, Start::kZero);
    return {outputs};
  }
  void add_matrix(const std::string& name, Shape shape, Start start, bool trained = true) {
    matrices.push_back({name, shape, trained});
    starts.push_back(start);
  }

  std::vector<NamedShape> matrices;
  std::vector<Start> starts;
};

Layout layout_of(const ResnetConfig& config) {
  Layout layout;
  walk(config, layout, Layout::Value{config.channels});
  return layout;
}

// Computes, taking one matrix after the other.
template <typename T>
class Forward {
 public:
  struct Value {
    ad::Var<T> var;
    std::size_t height, width, channels;
  };

  Forward(const ResnetConfig& config, std::span<const ad::Var<T>> parameters, bool training,
          std::vector<Assignment<T>>* assignments)
      : config_(config),
        parameters_(parameters),
        training_(training),
        assignments_(training ? assignments : nullptr) {}

  Value convolve(const std::string&, const Value& x, std::size_t out, std::size_t window,
                 std::size_t stride) {
    const ad::ImageWindows windows{.height = x.height,
                                   .width = x.width,
                                   .window = window,
                                   .stride = stride,
                                   .padding = window / 2};
    return {ad::conv2d(x.var, parameters_[next_++], windows), windows.out_height(),
            windows.out_width(), out};
  }

  Value normalize(const std::string&, const Value& x, bool relu) {
    const ad::Var<T>&gain = parameters_[next_], &shift = parameters_[next_ + 1];
    const ad::Var<T>&mean = parameters_[next_ + 2], &variance = parameters_[next_ + 3];
    const std::size_t of_mean = next_ + 2;
    next_ += 4;
    Value y = x;
    if (!training_) {
      y.var = ad::fixed_batch_norm<T>(x.var, gain, shift, {mean.value(), variance.value()},
                                      config_.epsilon);
      if (relu) y.var = ad::relu(y.var);
      return y;
    }
    const ad::ColumnMoments<T> moments =
        assignments_ == nullptr ? ad::ColumnMoments<T>() : ad::ColumnMoments<T>{row(x), row(x)};
    y.var = relu ? ad::batch_norm_relu(x.var, gain, shift, config_.epsilon, moments)
                 : ad::batch_norm(x.var, gain, shift, config_.epsilon, moments);
    if (assignments_ == nullptr) return y;
    const auto n = static_cast<double>(x.var.shape().rows);
    average(mean.value(), 1, moments.mean);
    average(variance.value(), n > 1 ? n / (n - 1) : 1, moments.variance);
    assignments_->push_back({of_mean, moments.mean});
    assignments_->push_back({of_mean + 1, moments.variance});
    return y;
  }

  Value add(const Value& x, const Value& y, bool relu) {
    Value sum = x;
    sum.var = relu ? ad::add_relu(x.var, y.var) : ad::add(x.var, y.var);
    return sum;
  }

  Value classify(const std::string&, const Value& x, std::size_t outputs) {
    const ad::Var<T> means = ad::global_average_pool(x.var, x.height * x.width);
    return {ad::linear(means, parameters_[next_], parameters_[next_ + 1]), 1, 1, outputs};
  }

 private:
  MatrixView<T> row(const Value& x) const {
    return {x.var.tape()->template keep<T>(x.channels), 1, x.channels};
  }
  // step = what the running average becomes with `factor` step.
  void average(MatrixView<const T> running, double factor, MatrixView<T> step) const {
    for (std::size_t j = 0; j < step.cols(); ++j) {
      const auto before = static_cast<double>(running(0, j));
      const double now = factor * static_cast<double>(step(0, j));
      step(0, j) = static_cast<T>(before + config_.momentum * (now - before));
    }
  }

  const ResnetConfig& config_;
  std::span<const ad::Var<T>> parameters_;
  bool training_;
  std::vector<Assignment<T>>* assignments_;
  std::size_t next_ = 0;
};

}  // namespace

ResnetConfig small_resnet(std::size_t blocks, std::size_t width) {
  return {.widths = {width, 2 * width, 4 * width}, .blocks = {blocks, blocks, blocks}};
}

ResnetConfig resnet34(std::size_t outputs) {
  return {.outputs = outputs, .widths = {64, 128, 256, 512}, .blocks = {3, 4, 6, 3}};
}

ResnetConfig preact_resnet18(std::size_t outputs) {
  return {.outputs = outputs,
          .widths = {64, 128, 256, 512},
          .blocks = {2, 2, 2, 2},
          .pre_activation = true};
}

template <typename T>
Parameters<T> resnet_parameters(const ResnetConfig& config, const Rng& rng) {
  require_config(config);
  const Layout layout = layout_of(config);
  Parameters<T> parameters(layout.matrices);
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    const Rng stream = rng.split("init").split(i);
    const MatrixView<T> matrix = parameters[i];
    switch (layout.starts[i]) {
      case Layout::Start::kConvolution:
        initialize_layer(config.initializer, stream, matrix, MatrixView<T>());
        break;
      case Layout::Start::kOne:
        std::ranges::fill(matrix.row(0), T{1});
        break;
      case Layout::Start::kLinear:
        initialize_layer(Initializer::kUniformFanIn, stream, matrix, parameters[i + 1]);
        break;
      case Layout::Start::kZero:
        break;
    }
  }
  return parameters;
}

template <typename T>
ad::Var<T> resnet(const ResnetConfig& config,
                  std::type_identity_t<std::span<const ad::Var<T>>> parameters, const ad::Var<T>& x,
                  bool training, std::type_identity_t<std::vector<Assignment<T>>>* assignments) {
  require_config(config);
  const std::vector<NamedShape> matrices = layout_of(config).matrices;
  SURPLUS_REQUIRE(parameters.size() == matrices.size(), ShapeError, "resnet",
                  "there must be the parameters of each layer", "matrices", matrices.size(),
                  "parameters", parameters.size());
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    SURPLUS_REQUIRE(parameters[i].shape() == matrices[i].shape, ShapeError, "resnet",
                    "parameters must have the shapes of the layout", "name", matrices[i].name,
                    "shape", matrices[i].shape, "parameter", parameters[i].shape());
  }
  SURPLUS_REQUIRE(x.shape().cols == config.channels * config.height * config.width, ShapeError,
                  "resnet", "x must have a column per number of an image", "x", x.shape(),
                  "channels", config.channels, "height", config.height, "width", config.width);
  Forward<T> forward(config, parameters, training, assignments);
  return walk(config, forward,
              typename Forward<T>::Value{ad::channels_last(x, config.channels), config.height,
                                         config.width, config.channels})
      .var;
}

#define SURPLUS_INSTANTIATE(T)                                                                    \
  template Parameters<T> resnet_parameters(const ResnetConfig&, const Rng&);                      \
  template ad::Var<T> resnet(const ResnetConfig&, std::span<const ad::Var<T>>, const ad::Var<T>&, \
                             bool, std::vector<Assignment<T>>*);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
