// SPDX-License-Identifier: MIT
// The differences between oneDNN 2.6 and 3.x that Kiln meets, in one place.
#pragma once

#include <dnnl.hpp>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/activation.h"

namespace kiln::kernels {

inline dnnl::engine& onednn_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Threads that a primitive made now is compiled for.
inline int team_size() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

inline void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, 0.0f);
#else
  ops.append_eltwise(1.0f, algorithm, alpha, 0.0f);
#endif
}

// Behind a product in float; nothing for identity.
inline void append_activation(dnnl::post_ops& ops, Activation activation) {
  switch (activation.kind) {
    case ActivationKind::identity:
      return;
    case ActivationKind::relu:
      return append_eltwise(ops, dnnl::algorithm::eltwise_relu, 0.0f);
    case ActivationKind::leaky_relu:
      return append_eltwise(ops, dnnl::algorithm::eltwise_relu, activation.slope);
    case ActivationKind::sigmoid:
      return append_eltwise(ops, dnnl::algorithm::eltwise_logistic, 0.0f);
    case ActivationKind::tanh:
      return append_eltwise(ops, dnnl::algorithm::eltwise_tanh, 0.0f);
  }
}

inline dnnl::matmul::primitive_desc matmul_description(const dnnl::memory::desc& a,
                                                       const dnnl::memory::desc& b,
                                                       const dnnl::memory::desc& bias,
                                                       const dnnl::memory::desc& c,
                                                       const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return {onednn_engine(), a, b, bias, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, bias, c), attributes, onednn_engine()};
#endif
}

// A convolution as oneDNN takes it: data (n, c, h, w), weight (o, c, kh, kw), one of stride and
// padding for each side.
struct OnednnConv {
  dnnl::memory::desc x, weight, bias, y;
  dnnl::memory::dims strides, padding;
};

inline dnnl::convolution_forward::primitive_desc conv_forward_description(
    const OnednnConv& conv, const dnnl::primitive_attr& attributes = {}) {
  constexpr auto kKind = dnnl::prop_kind::forward_training;
  constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return {onednn_engine(), kKind,        kAlgorithm,   conv.x,       conv.weight, conv.bias,
          conv.y,          conv.strides, conv.padding, conv.padding, attributes};
#else
  return {{kKind, kAlgorithm, conv.x, conv.weight, conv.bias, conv.y, conv.strides, conv.padding,
           conv.padding},
          attributes,
          onednn_engine()};
#endif
}

// Gradient: dnnl::convolution_backward_data or dnnl::convolution_backward_weights.
template <class Gradient>
typename Gradient::primitive_desc conv_gradient_description(const OnednnConv& conv) {
  constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
  const auto forward = conv_forward_description(conv);
#if DNNL_VERSION_MAJOR >= 3
  return {onednn_engine(), kAlgorithm,   conv.x,       conv.weight, conv.y,
          conv.strides,    conv.padding, conv.padding, forward};
#else
  return {{kAlgorithm, conv.x, conv.weight, conv.y, conv.strides, conv.padding, conv.padding},
          onednn_engine(),
          forward};
#endif
}

}  // namespace kiln::kernels
