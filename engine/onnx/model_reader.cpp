// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/onnx/constant_reader.h"
#include "engine/onnx/field_reader.h"
#include "engine/onnx/fields.h"
#include "engine/onnx/model_file.h"
#include "kernels/error.h"

namespace kiln::onnx {
namespace {

// ---- nodes

Attribute attribute_from(protozero::data_view message) {
  using Field = fields::Attribute;
  Attribute attribute;
  protozero::data_view tensor;
  const auto is = [&](AttributeType type) { attribute.type = type; };
  pbf_reader reader(message);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes(Field::name):
        attribute.name = reader.get_string();
        break;
      case fixed32(Field::f):
        attribute.number = reader.get_float();
        is(AttributeType::number);
        break;
      case varint(Field::i):
        attribute.integer = reader.get_int64();
        is(AttributeType::integer);
        break;
      case bytes(Field::s):
        attribute.text = reader.get_string();
        is(AttributeType::text);
        break;
      case bytes(Field::t):
        tensor = reader.get_view();
        is(AttributeType::tensor);
        break;
      case fixed32(Field::floats):
        append(attribute.numbers, reader.get_float(), kMaxNodeParts, "numbers in an attribute");
        is(AttributeType::numbers);
        break;
      case bytes(Field::floats):
        append_packed(attribute.numbers, reader, kMaxNodeParts, "numbers in an attribute");
        is(AttributeType::numbers);
        break;
      case varint(Field::ints):
        append(attribute.integers, reader.get_int64(), kMaxNodeParts, "numbers in an attribute");
        is(AttributeType::integers);
        break;
      case bytes(Field::ints):
        append_packed(attribute.integers, reader, kMaxNodeParts, "numbers in an attribute");
        is(AttributeType::integers);
        break;
      case varint(Field::type):  // behind the value in most files, and alone where that is empty
        is(static_cast<AttributeType>(reader.get_int32()));
        break;
      default:
        reader.skip();
    }
  }
  if (attribute.type == AttributeType::tensor) {
    const std::string what = "attribute '" + printable(attribute.name, kMaxShownName) + "'";
    attribute.tensor = constant_from(what, tensor);
  }
  return attribute;
}

GraphNode node_from(protozero::data_view message) {
  using Field = fields::GraphNode;
  GraphNode node;
  std::vector<protozero::data_view> attributes;  // read last, so that errors name the node
  pbf_reader reader(message);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes(Field::input):
        append(node.inputs, reader.get_string(), kMaxNodeParts, "inputs of a node");
        break;
      case bytes(Field::output):
        append(node.outputs, reader.get_string(), kMaxNodeParts, "outputs of a node");
        break;
      case bytes(Field::name):
        node.name = reader.get_string();
        break;
      case bytes(Field::op_type):
        node.op_type = reader.get_string();
        break;
      case bytes(Field::attribute):
        append(attributes, reader.get_view(), kMaxNodeParts, "attributes of a node");
        break;
      case bytes(Field::domain):
        node.domain = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  if (node.op_type.empty()) throw Error("a node has no op_type");
  if (node.domain == "ai.onnx") node.domain.clear();
  for (const protozero::data_view attribute : attributes) {
    try {
      node.attributes.push_back(attribute_from(attribute));
    } catch (const Error& error) {
      throw Error(describe(node) + ": " + error.what());
    }
  }
  return node;
}

// ---- the graph

Dimension dimension_from(pbf_reader reader) {
  Dimension dimension;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint(fields::Dimension::dim_value):
        dimension.size = reader.get_int64();
        break;
      case bytes(fields::Dimension::dim_param):
        dimension.name = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  return dimension;
}

std::vector<Dimension> shape_from(pbf_reader reader) {
  std::vector<Dimension> shape;
  while (reader.next(fields::TensorShape::dim, protozero::pbf_wire_type::length_delimited)) {
    append(shape, dimension_from(reader.get_message()), kMaxRank, "dimensions of a value");
  }
  return shape;
}

ValueInfo value_info_from(pbf_reader reader) {
  ValueInfo value;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes(fields::ValueInfo::name):
        value.name = reader.get_string();
        break;
      case bytes(fields::ValueInfo::type): {
        pbf_reader type = reader.get_message();
        while (type.next(fields::Type::tensor_type, protozero::pbf_wire_type::length_delimited)) {
          pbf_reader tensor_type = type.get_message();
          while (tensor_type.next()) {
            switch (tensor_type.tag_and_type()) {
              case varint(fields::TensorType::elem_type):
                value.type = static_cast<DataType>(tensor_type.get_int32());
                break;
              case bytes(fields::TensorType::shape):
                value.shape = shape_from(tensor_type.get_message());
                break;
              default:
                tensor_type.skip();
            }
          }
        }
        break;
      }
      default:
        reader.skip();
    }
  }
  return value;
}

Graph graph_from(pbf_reader reader) {
  using Field = fields::Graph;
  Graph graph;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes(Field::node):
        append(graph.nodes, node_from(reader.get_view()), kMaxGraphParts, "nodes");
        break;
      case bytes(Field::name):
        graph.name = reader.get_string();
        break;
      case bytes(Field::initializer):
        append(graph.initializers, constant_from("initializer", reader.get_view()), kMaxGraphParts,
               "initializers");
        break;
      case bytes(Field::input):
        append(graph.inputs, value_info_from(reader.get_message()), kMaxGraphParts, "inputs");
        break;
      case bytes(Field::output):
        append(graph.outputs, value_info_from(reader.get_message()), kMaxGraphParts, "outputs");
        break;
      case bytes(Field::sparse_initializer):
        throw Error("there are sparse initializers, which are not supported");
      default:
        reader.skip();
    }
  }
  return graph;
}

std::pair<std::string, std::int64_t> opset_from(pbf_reader reader) {
  std::pair<std::string, std::int64_t> opset;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes(fields::OperatorSetId::domain):
        opset.first = reader.get_string();
        break;
      case varint(fields::OperatorSetId::version):
        opset.second = reader.get_int64();
        break;
      default:
        reader.skip();
    }
  }
  if (opset.first == "ai.onnx") opset.first.clear();
  return opset;
}

std::pair<std::string, std::string> metadata_from(pbf_reader reader) {
  std::pair<std::string, std::string> entry;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes(fields::StringStringEntry::key):
        entry.first = reader.get_string();
        break;
      case bytes(fields::StringStringEntry::value):
        entry.second = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  return entry;
}

template <class Map>
void insert(Map& map, typename Map::value_type entry, const char* what) {
  if (map.size() == kMaxGraphParts) {
    throw Error(fmt::format("there are more than {} {}", kMaxGraphParts, what));
  }
  map.insert(std::move(entry));
}

Model model_from(pbf_reader reader) {
  using Field = fields::Model;
  Model model;
  bool has_graph = false;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint(Field::ir_version):
        model.ir_version = reader.get_int64();
        break;
      case bytes(Field::producer_name):
        model.producer_name = reader.get_string();
        break;
      case bytes(Field::producer_version):
        model.producer_version = reader.get_string();
        break;
      case bytes(Field::graph):
        model.graph = graph_from(reader.get_message());
        has_graph = true;
        break;
      case bytes(Field::opset_import):
        insert(model.opsets, opset_from(reader.get_message()), "operator sets");
        break;
      case bytes(Field::metadata_props):
        insert(model.metadata, metadata_from(reader.get_message()), "entries of metadata");
        break;
      default:
        reader.skip();
    }
  }
  if (!has_graph || model.ir_version < 1) {
    throw Error("not an ONNX model: it has no graph or no ir_version");
  }
  return model;
}

// Calls read(bytes of the file) and puts the file's name before its errors.
template <class Read>
auto with_file(const std::filesystem::path& path, Read read) {
  const std::vector<std::uint8_t> content = read_file(path, kMaxFileBytes);
  try {
    return read(
        protozero::data_view(reinterpret_cast<const char*>(content.data()), content.size()));
  } catch (const Error& error) {
    throw Error(printable(path) + ": " + error.what());
  } catch (const protozero::exception&) {
    throw Error(printable(path) + ": not an ONNX file, or damaged");
  }
}

}  // namespace

Model read_model(const std::filesystem::path& path) {
  return with_file(path, [](protozero::data_view file) { return model_from(pbf_reader(file)); });
}

Constant read_tensor(const std::filesystem::path& path) {
  return with_file(path, [](protozero::data_view file) { return constant_from("tensor", file); });
}

}  // namespace kiln::onnx
