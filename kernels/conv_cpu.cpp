// SPDX-License-Identifier: MIT
// float: oneDNN convolutions in the memory layout that oneDNN prefers, with reorders from and to
// dense arrays; one primitive a shape, made once and kept. double (gradient checks): loops.
#include <algorithm>
#include <map>
#include <tuple>
#include <type_traits>
#include <unordered_map>

#include "kernels/conv.h"
#include "kernels/onednn.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {
namespace {

using dnnl::memory;

enum class ConvProduct { forward, input_gradient, weight_gradient };

// What a product's result looks like: (outer, channels, inner), where a bias goes by channels.
struct ResultShape {
  std::int64_t outer, channels, inner;
  std::int64_t size() const { return outer * channels * inner; }
};

ResultShape result_shape(ConvProduct product, const ConvShape& shape) {
  switch (product) {
    case ConvProduct::forward:
      return {shape.batch, shape.out_channels, shape.out_pixels()};
    case ConvProduct::input_gradient:
      return {shape.batch, shape.in_channels, shape.in_pixels()};
    case ConvProduct::weight_gradient:
      break;
  }
  return {shape.out_channels, shape.in_channels, shape.kernel_size()};
}

// result = act(result + bias), or result * act'(derivative_at).
template <class T>
void finish_result(const ConvArgs<T>& args, const ResultShape& result) {
  const T* const bias = args.bias;
  if (bias == nullptr && args.activation.kind == ActivationKind::identity) return;
  with_activation(args.activation, [&](auto op) {
    parallel_for(result.size(), kParallelGrain, [&](std::int64_t begin, std::int64_t end) {
      T* const out = args.result;
      if (const T* const y = args.derivative_at; y != nullptr) {
        for (std::int64_t i = begin; i < end; ++i) out[i] *= op.derivative(y[i], y[i]);
        return;
      }
      while (begin < end) {
        const std::int64_t plane = begin / result.inner;
        const std::int64_t plane_end = std::min(end, (plane + 1) * result.inner);
        const T shift = bias == nullptr ? T(0) : bias[plane % result.channels];
        for (std::int64_t i = begin; i < plane_end; ++i) out[i] = op.forward(out[i] + shift);
        begin = plane_end;
      }
    });
  });
}

// ---- float

memory::desc dense(const memory::dims& dims) {
  return {dims, memory::data_type::f32, memory::format_tag::nchw};
}
memory::desc any_layout(const memory::dims& dims) {
  return {dims, memory::data_type::f32, memory::format_tag::any};
}

// An array of the caller and its twin in the layout that the primitive wants.
class ConvOperand {
 public:
  ConvOperand() = default;
  ConvOperand(const memory::desc& user, const memory::desc& inner, bool is_result, bool accumulate)
      : user_(user, onednn_engine(), nullptr), has_twin_(accumulate || user != inner) {
    if (!has_twin_) return;
    inner_ = memory(inner, onednn_engine());
    dnnl::primitive_attr attributes;
    if (accumulate) {
      dnnl::post_ops ops;
      ops.append_sum(1.0f);
      attributes.set_post_ops(ops);
    }
    reorder_ = is_result ? dnnl::reorder(inner_, user_, attributes) : dnnl::reorder(user_, inner_);
  }

  void set(const float* data) { user_.set_data_handle(const_cast<float*>(data)); }
  const memory& inner() const { return has_twin_ ? inner_ : user_; }
  void bring(dnnl::stream& stream) {
    if (has_twin_) reorder_.execute(stream, user_, inner_);
  }
  void take_back(dnnl::stream& stream) {
    if (has_twin_) reorder_.execute(stream, inner_, user_);
  }

 private:
  memory user_, inner_;
  dnnl::reorder reorder_;
  bool has_twin_ = false;
};

struct ConvPrimitive {
  dnnl::primitive primitive;
  ConvOperand left, right, result;
  int left_name, right_name, result_name;
  memory bias;
  bool has_bias = false;

  ConvPrimitive(ConvProduct product, const ConvArgs<float>& args) {
    const ConvShape& s = args.shape;
    const memory::dims x_dims = {s.batch, s.in_channels, s.in_height, s.in_width};
    const memory::dims weight_dims = {s.out_channels, s.in_channels, s.kernel_height,
                                      s.kernel_width};
    const memory::dims y_dims = {s.batch, s.out_channels, s.out_height(), s.out_width()};
    const memory::desc x = dense(x_dims), weight = dense(weight_dims), y = dense(y_dims);
    OnednnConv conv;
    conv.x = any_layout(x_dims);
    conv.weight = any_layout(weight_dims);
    conv.y = any_layout(y_dims);
    conv.strides = {s.stride, s.stride};
    conv.padding = {s.padding, s.padding};
    const bool accumulate = args.accumulate;
    if (product == ConvProduct::forward) {
      dnnl::post_ops ops;
      if (args.derivative_at == nullptr) append_activation(ops, args.activation);
      dnnl::primitive_attr attributes;
      attributes.set_post_ops(ops);
      has_bias = args.bias != nullptr;
      if (has_bias) {
        conv.bias = {{s.out_channels}, memory::data_type::f32, memory::format_tag::a};
        bias = memory(conv.bias, onednn_engine(), nullptr);
      }
      const auto description = conv_forward_description(conv, attributes);
      primitive = dnnl::convolution_forward(description);
      left = {x, description.src_desc(), false, false};
      right = {weight, description.weights_desc(), false, false};
      result = {y, description.dst_desc(), true, accumulate};
      std::tie(left_name, right_name, result_name) =
          std::tuple(DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);
    } else if (product == ConvProduct::input_gradient) {
      const auto description = conv_gradient_description<dnnl::convolution_backward_data>(conv);
      primitive = dnnl::convolution_backward_data(description);
      left = {y, description.diff_dst_desc(), false, false};
      right = {weight, description.weights_desc(), false, false};
      result = {x, description.diff_src_desc(), true, accumulate};
      std::tie(left_name, right_name, result_name) =
          std::tuple(DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC);
    } else {
      const auto description = conv_gradient_description<dnnl::convolution_backward_weights>(conv);
      primitive = dnnl::convolution_backward_weights(description);
      left = {x, description.src_desc(), false, false};
      right = {y, description.diff_dst_desc(), false, false};
      result = {weight, description.diff_weights_desc(), true, accumulate};
      std::tie(left_name, right_name, result_name) =
          std::tuple(DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS);
    }
  }

  void run(const ConvArgs<float>& args) {
    dnnl::stream stream(onednn_engine());
    left.set(args.left);
    right.set(args.right);
    result.set(args.result);
    left.bring(stream);
    right.bring(stream);
    std::unordered_map<int, memory> arguments = {
        {left_name, left.inner()}, {right_name, right.inner()}, {result_name, result.inner()}};
    if (has_bias) {
      bias.set_data_handle(const_cast<float*>(args.bias));
      arguments.emplace(DNNL_ARG_BIAS, bias);
    }
    primitive.execute(stream, arguments);
    result.take_back(stream);
    stream.wait();
  }
};

void multiply(ConvProduct product, const ConvArgs<float>& args) {
  const ConvShape& s = args.shape;
  // A primitive is compiled for a team size; its memory is not to be shared by threads.
  const auto key = std::tuple(product, s.batch, s.in_channels, s.in_height, s.in_width,
                              s.out_channels, s.kernel_height, s.kernel_width, s.stride, s.padding,
                              args.accumulate, args.bias != nullptr, args.derivative_at != nullptr,
                              args.activation.kind, args.activation.slope, team_size());
  thread_local std::map<std::remove_const_t<decltype(key)>, ConvPrimitive> cache;
  auto found = cache.find(key);
  if (found == cache.end()) found = cache.emplace(key, ConvPrimitive(product, args)).first;
  found->second.run(args);
  // The forward primitive ends in bias and activation by itself.
  if (product == ConvProduct::forward && args.derivative_at == nullptr) return;
  finish_result(args, result_shape(product, s));
}

// ---- double

// Calls f(i, o, k) for the pairs of indices of the image axis and the output axis that meet in
// kernel element k: i = o stride - padding + k.
template <class F>
void for_each_meeting(std::int64_t in, std::int64_t out, std::int64_t kernel,
                      const ConvShape& shape, F f) {
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t i = o * shape.stride - shape.padding + k;
      if (i >= 0 && i < in) f(i, o, k);
    }
  }
}

void multiply(ConvProduct product, const ConvArgs<double>& args) {
  const ConvShape& s = args.shape;
  const ResultShape result = result_shape(product, s);
  double* const out = args.result;
  if (!args.accumulate) std::fill(out, out + result.size(), 0.0);
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t o = 0; o < s.out_channels; ++o) {
      for (std::int64_t c = 0; c < s.in_channels; ++c) {
        const std::int64_t x_plane = (n * s.in_channels + c) * s.in_pixels();
        const std::int64_t y_plane = (n * s.out_channels + o) * s.out_pixels();
        const std::int64_t w_plane = (o * s.in_channels + c) * s.kernel_size();
        for_each_meeting(
            s.in_height, s.out_height(), s.kernel_height, s, [&](auto ih, auto oh, auto kh) {
              for_each_meeting(s.in_width, s.out_width(), s.kernel_width, s,
                               [&](auto iw, auto ow, auto kw) {
                                 const std::int64_t x = x_plane + ih * s.in_width + iw;
                                 const std::int64_t y = y_plane + oh * s.out_width() + ow;
                                 const std::int64_t w = w_plane + kh * s.kernel_width + kw;
                                 if (product == ConvProduct::forward)
                                   out[y] += args.left[x] * args.right[w];
                                 if (product == ConvProduct::input_gradient)
                                   out[x] += args.left[y] * args.right[w];
                                 if (product == ConvProduct::weight_gradient)
                                   out[w] += args.left[x] * args.right[y];
                               });
            });
      }
    }
  }
  finish_result(args, result);
}

template <class T>
void run_product(ConvProduct product, const ConvArgs<T>& args) {
  const ConvShape& s = args.shape;
  const ResultShape result = result_shape(product, s);
  if (result.size() == 0) return;
  const bool is_empty_sum =
      s.batch == 0 || s.in_channels == 0 || s.out_channels == 0 || s.in_pixels() == 0;
  if (!is_empty_sum) return multiply(product, args);
  // oneDNN has no product over nothing.
  if (args.accumulate) return;
  std::fill(args.result, args.result + result.size(), T(0));
  finish_result(args, result);
}

}  // namespace

template <class T>
void conv_forward(CpuStream, const ConvArgs<T>& args) {
  run_product(ConvProduct::forward, args);
}
template <class T>
void conv_input_gradient(CpuStream, const ConvArgs<T>& args) {
  run_product(ConvProduct::input_gradient, args);
}
template <class T>
void conv_weight_gradient(CpuStream, const ConvArgs<T>& args) {
  run_product(ConvProduct::weight_gradient, args);
}

#define KILN_INSTANTIATE(T)                                         \
  template void conv_forward(CpuStream, const ConvArgs<T>&);        \
  template void conv_input_gradient(CpuStream, const ConvArgs<T>&); \
  template void conv_weight_gradient(CpuStream, const ConvArgs<T>&);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
