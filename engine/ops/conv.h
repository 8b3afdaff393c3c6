// SPDX-License-Identifier: MIT
// Convolution layers in one kernel, with bias and activation, differentiable to any order. Images
// are (batch, channels, height, width); no groups, no dilation.
#pragma once

#include <cstdint>

#include "engine/tensor.h"
#include "kernels/activation.h"

namespace kiln {

using kernels::Activation;
using kernels::ActivationKind;

// The same for rows and columns.
struct ConvStep {
  std::int64_t stride = 1;
  std::int64_t padding = 0;  // zeros around the image
};

// x (batch, in, h, w), weight (out, in, kh, kw), bias (out) or undefined ->
// y (batch, out, (h + 2 padding - kh) / stride + 1, ... w ...), as PyTorch's conv2d.
// Errors: sizes that do not match or do not fit, different dtypes or devices, a leaky_relu slope
// that is not > 0.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step = {},
              Activation activation = {});

// The gradient of conv2d by its input, as a layer that enlarges images. x (batch, in, h, w), weight
// (in, out, kh, kw), bias (out) or undefined -> y (batch, out, (h - 1) stride - 2 padding + kh,
// ... w ...), as PyTorch's conv_transpose2d. Errors: as above.
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        ConvStep step = {}, Activation activation = {});

// The two halves of either, for a batch of which only some rows belong in a graph, or whose outputs
// have a place already: ..._into() computes y outside the graph, ..._of() records in the graph that
// y, or the same rows of x and y, came about so. Errors: as above, and a y of another shape.
void conv2d_into(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                 Activation activation, const Tensor& y);
Tensor conv2d_of(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                 Activation activation, const Tensor& y);
void conv_transpose2d_into(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                           Activation activation, const Tensor& y);
Tensor conv_transpose2d_of(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvStep step,
                           Activation activation, const Tensor& y);

}  // namespace kiln
