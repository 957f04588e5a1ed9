// oneDNN's convolutions, in the layouts that it likes best: what it reorders, it has reordered before.
#include <dnnl.hpp>
#include <memory>
#include <unordered_map>

#include "bench/support/rivals.h"

namespace surplus::bench {
namespace {

using dnnl::memory;

memory filled(const memory::desc& layout, const dnnl::engine& engine) {
  memory result(layout, engine);
  auto* const numbers = static_cast<float*>(result.get_data_handle());
  for (std::size_t i = 0; i < layout.get_size() / sizeof(float); ++i) {
    numbers[i] = static_cast<float>(i % 1009) / 1009.0F - 0.5F;
  }
  return result;
}

std::function<void()> execution(const dnnl::primitive& primitive, const dnnl::engine& engine,
                                std::unordered_map<int, memory> operands) {
  return [primitive, stream = dnnl::stream(engine), operands = std::move(operands)]() mutable {
    primitive.execute(stream, operands);
    stream.wait();
  };
}

}  // namespace

std::vector<ConvolutionRival> convolution_rivals(const ConvolutionShape& s) {
  const auto dim = [](std::size_t value) { return static_cast<memory::dim>(value); };
  const memory::dim height =
      (dim(s.height) + 2 * dim(s.padding) - dim(s.window)) / dim(s.stride) + 1;
  const memory::dim width = (dim(s.width) + 2 * dim(s.padding) - dim(s.window)) / dim(s.stride) + 1;
  const auto any = [](const memory::dims& dims) {
    return memory::desc(dims, memory::data_type::f32, memory::format_tag::any);
  };
  const memory::desc x = any({dim(s.n), dim(s.in), dim(s.height), dim(s.width)});
  const memory::desc w = any({dim(s.out), dim(s.in), dim(s.window), dim(s.window)});
  const memory::desc y = any({dim(s.n), dim(s.out), height, width});
  const memory::dims strides(2, dim(s.stride)), padding(2, dim(s.padding));
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, x, w, y, strides,
       padding, padding},
      engine);
  const dnnl::convolution_backward_data::primitive_desc input(
      {dnnl::algorithm::convolution_direct, x, w, y, strides, padding, padding}, engine, forward);
  const dnnl::convolution_backward_weights::primitive_desc weights(
      {dnnl::algorithm::convolution_direct, x, w, y, strides, padding, padding}, engine, forward);
  ConvolutionRival rival{.name = "oneDNN"};
  rival.forward = execution(dnnl::convolution_forward(forward), engine,
                            {{DNNL_ARG_SRC, filled(forward.src_desc(), engine)},
                             {DNNL_ARG_WEIGHTS, filled(forward.weights_desc(), engine)},
                             {DNNL_ARG_DST, filled(forward.dst_desc(), engine)}});
  rival.input = execution(dnnl::convolution_backward_data(input), engine,
                          {{DNNL_ARG_DIFF_DST, filled(input.diff_dst_desc(), engine)},
                           {DNNL_ARG_WEIGHTS, filled(input.weights_desc(), engine)},
                           {DNNL_ARG_DIFF_SRC, filled(input.diff_src_desc(), engine)}});
  rival.weights = execution(dnnl::convolution_backward_weights(weights), engine,
                            {{DNNL_ARG_SRC, filled(weights.src_desc(), engine)},
                             {DNNL_ARG_DIFF_DST, filled(weights.diff_dst_desc(), engine)},
                             {DNNL_ARG_DIFF_WEIGHTS, filled(weights.diff_weights_desc(), engine)}});
  return {rival};
}

}  // namespace surplus::bench
