// SPDX-License-Identifier: MIT
// Two-dimensional convolution (cross-correlation, as in PyTorch) and its two other products. With
// ih = oh stride - padding + kh and iw = ow stride - padding + kw, x being 0 outside of it:
//   conv_forward          y(n,o,oh,ow)  = sum over c, kh, kw    of x(n,c,ih,iw) w(o,c,kh,kw)
//   conv_input_gradient   dx(n,c,ih,iw) = sum over o, kh, kw    of dy(n,o,oh,ow) w(o,c,kh,kw)
//   conv_weight_gradient  dw(o,c,kh,kw) = sum over n, oh, ow    of dy(n,o,oh,ow) x(n,c,ih,iw)
// One trilinear form, of which each is the derivative by one argument: the gradients of any of the
// three are the two others. conv_input_gradient is the forward of a transposed convolution too.
// Arrays are dense, images (batch, channels, height, width), weights (out_channels, in_channels,
// kernel_height, kernel_width). Sums over nothing are 0.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/precision.h"
#include "kernels/stream.h"

namespace kiln::kernels {

// Of the convolution that x -> y is, whichever product is asked for. Kernel sizes and stride are at
// least 1, and the kernel fits into the padded input at least once.
struct ConvShape {
  std::int64_t batch = 0;
  std::int64_t in_channels = 0;
  std::int64_t in_height = 0;
  std::int64_t in_width = 0;
  std::int64_t out_channels = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;

  std::int64_t out_height() const { return (in_height + 2 * padding - kernel_height) / stride + 1; }
  std::int64_t out_width() const { return (in_width + 2 * padding - kernel_width) / stride + 1; }
  std::int64_t in_pixels() const { return in_height * in_width; }
  std::int64_t out_pixels() const { return out_height() * out_width(); }
  std::int64_t kernel_size() const { return kernel_height * kernel_width; }
};

// `left` and `right` are what a product multiplies:
//   conv_forward          x, w   -> y
//   conv_input_gradient   dy, w  -> dx
//   conv_weight_gradient  x, dy  -> dw
// The first two can end in act(product + bias), bias (channels of the result) or null, or, where
// `derivative_at` is given, in product * act'(derivative_at), derivative_at being an output of act
// with the result's shape. conv_weight_gradient has neither. accumulate adds the product to what
// the result holds, and excludes both.
template <class T>
struct ConvArgs {
  ConvShape shape;
  const T* left = nullptr;
  const T* right = nullptr;
  T* result = nullptr;
  const T* bias = nullptr;
  const T* derivative_at = nullptr;
  Activation activation = {};
  bool accumulate = false;
  Precision precision = Precision::fp32;  // the CPU computes in T
};

template <class T>
void conv_forward(CpuStream stream, const ConvArgs<T>& args);
template <class T>
void conv_input_gradient(CpuStream stream, const ConvArgs<T>& args);
template <class T>
void conv_weight_gradient(CpuStream stream, const ConvArgs<T>& args);

// Errors: 2^31 or more pixels in a batch, or terms in a sum.
void conv_forward(CudaStream stream, const ConvArgs<float>& args);
void conv_input_gradient(CudaStream stream, const ConvArgs<float>& args);
void conv_weight_gradient(CudaStream stream, const ConvArgs<float>& args);

}  // namespace kiln::kernels
