// SPDX-License-Identifier: MIT
// An ONNX model in memory: the part of onnx.proto that feed-forward networks need. What a graph
// means is in network.h, how it is stored in model_file.h.
// Reference: https://github.com/onnx/onnx/blob/main/docs/IR.md
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/shape.h"

namespace kiln::onnx {

using kiln::to_string;  // of shapes

// Element types by their numbers in onnx.proto; these three can be read and written.
enum class DataType : std::int32_t { undefined = 0, float32 = 1, int32 = 6, int64 = 7 };

// "float", "int64", "bfloat16", ...: onnx.proto's name, or the number where it has none.
std::string to_string(DataType type);

// A tensor that a file holds: numbers in `floats` where its type is float32, else in `ints`.
struct Constant {
  std::string name;
  DataType type = DataType::float32;
  Shape shape;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
};

enum class AttributeType : std::int32_t {
  undefined = 0,
  number = 1,
  integer = 2,
  text = 3,
  tensor = 4,
  numbers = 6,
  integers = 7
};

struct Attribute {
  std::string name;
  AttributeType type = AttributeType::undefined;  // which of the following counts
  float number = 0;
  std::int64_t integer = 0;
  std::string text = {};
  Constant tensor = {};
  std::vector<float> numbers = {};
  std::vector<std::int64_t> integers = {};
};

struct GraphNode {
  std::string name;  // may be empty
  std::string op_type;
  std::string domain;                // empty: ONNX's own operators
  std::vector<std::string> inputs;   // an empty name leaves an optional one out
  std::vector<std::string> outputs;  // likewise
  std::vector<Attribute> attributes;
};

// For messages: "node 'fc1' (Gemm)"; one without a name is known by what it makes.
std::string describe(const GraphNode& node);

struct Dimension {
  std::optional<std::int64_t> size;
  std::string name;  // where the size is open: equal names mean equal sizes
};

struct ValueInfo {
  std::string name;
  DataType type = DataType::undefined;
  std::optional<std::vector<Dimension>> shape;
};

// "z float (batch,100)"
std::string to_string(const ValueInfo& value);

struct Graph {
  std::string name;
  std::vector<GraphNode> nodes;  // each behind those whose outputs it takes
  std::vector<Constant> initializers;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
};

struct Model {
  std::int64_t ir_version = 0;
  std::map<std::string, std::int64_t> opsets;  // version by domain
  std::string producer_name;
  std::string producer_version;
  std::map<std::string, std::string> metadata;
  Graph graph;
};

}  // namespace kiln::onnx
