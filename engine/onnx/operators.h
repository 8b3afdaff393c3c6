// SPDX-License-Identifier: MIT
// ONNX's operators on Kiln's tensors. Numbers are float32 on the device of the computation; what
// ONNX holds as int64 or int32 (sizes, axes, labels) is an int32 tensor, on any device.
//   Abs Add ArgMax BatchNormalization Clip Concat Constant Conv ConvTranspose Div Dropout Exp
//   Flatten Gemm Identity LeakyRelu Log MatMul Mul Neg OneHot Relu Reshape Sigmoid Softmax
//   Softplus Split Sqrt Squeeze Sub Tanh Transpose Unsqueeze
// Convolutions are of images, with one step and one padding for both axes, without groups and
// dilation. Dropout and BatchNormalization are as in inference.
// Reference: https://onnx.ai/onnx/operators
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/onnx/model.h"
#include "engine/tensor.h"

namespace kiln::onnx {

// Versions of ONNX's operator set that these follow.
inline constexpr std::int64_t kOldestOpset = 1;
inline constexpr std::int64_t kNewestOpset = 28;

using Tensors = std::vector<Tensor>;
// What a node makes of its inputs; one left out is an undefined tensor. Errors: shapes and types
// that do not fit. Not recorded.
using Operator = std::function<Tensors(const Tensors&)>;

// The operator of a node as that version of the set has it. Errors, without the node's name: an
// op_type or domain that is not supported, attributes that are not, too few or too many inputs or
// outputs.
Operator operator_of(const GraphNode& node, std::int64_t opset, Device device);

// A tensor as operators take it. Errors: an integer that does not fit int32.
Tensor tensor_of(const Constant& constant, Device device);

}  // namespace kiln::onnx
