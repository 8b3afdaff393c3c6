// SPDX-License-Identifier: MIT
// The field numbers of onnx.proto that Kiln reads and writes.
// Reference: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
#pragma once

#include <cstdint>

namespace kiln::onnx::fields {

struct Model {
  enum : std::uint32_t {
    ir_version = 1,
    producer_name = 2,
    producer_version = 3,
    graph = 7,
    opset_import = 8,
    metadata_props = 14
  };
};

struct OperatorSetId {
  enum : std::uint32_t { domain = 1, version = 2 };
};

struct StringStringEntry {
  enum : std::uint32_t { key = 1, value = 2 };
};

struct Graph {
  enum : std::uint32_t {
    node = 1,
    name = 2,
    initializer = 5,
    input = 11,
    output = 12,
    sparse_initializer = 15
  };
};

struct GraphNode {
  enum : std::uint32_t { input = 1, output = 2, name = 3, op_type = 4, attribute = 5, domain = 7 };
};

struct Attribute {
  enum : std::uint32_t { name = 1, f = 2, i = 3, s = 4, t = 5, floats = 7, ints = 8, type = 20 };
};

struct Tensor {
  enum : std::uint32_t {
    dims = 1,
    data_type = 2,
    float_data = 4,
    int32_data = 5,
    int64_data = 7,
    name = 8,
    raw_data = 9,
    external_data = 13,
    data_location = 14
  };
};

struct ValueInfo {
  enum : std::uint32_t { name = 1, type = 2 };
};

struct Type {
  enum : std::uint32_t { tensor_type = 1 };
};

struct TensorType {
  enum : std::uint32_t { elem_type = 1, shape = 2 };
};

struct TensorShape {
  enum : std::uint32_t { dim = 1 };
};

struct Dimension {
  enum : std::uint32_t { dim_value = 1, dim_param = 2 };
};

}  // namespace kiln::onnx::fields
