// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/io/byte_order.h"
#include "engine/io/checked_size.h"
#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/onnx/fields.h"
#include "engine/onnx/model_file.h"
#include "kernels/error.h"

namespace kiln::onnx {
namespace {

using protozero::pbf_reader;

constexpr std::size_t kMaxShownName = 100;

// Case labels: a field of another wire type is one that the format does not have, and is skipped.
template <class Field>
constexpr std::uint32_t varint(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::varint);
}
template <class Field>
constexpr std::uint32_t bytes(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited);
}
template <class Field>
constexpr std::uint32_t fixed32(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::fixed32);
}

// Errors: `limit` of them are there already.
template <class T>
void append(std::vector<T>& parts, T part, std::size_t limit, const char* what) {
  if (parts.size() == limit) throw Error(fmt::format("there are more than {} {}", limit, what));
  parts.push_back(std::move(part));
}

// Repeated numbers lie packed or one by one; writers choose.
void append_packed(std::vector<std::int64_t>& values, pbf_reader& reader, std::size_t limit,
                   const char* what) {
  for (const std::int64_t value : reader.get_packed_int64()) append(values, value, limit, what);
}
void append_packed(std::vector<float>& values, pbf_reader& reader, std::size_t limit,
                   const char* what) {
  for (const float value : reader.get_packed_float()) append(values, value, limit, what);
}

// ---- tensors

[[noreturn]] void fail_constant(const std::string& what, const Constant& constant,
                                const std::string& why) {
  const bool named = !constant.name.empty();
  throw Error(named ? fmt::format("{} '{}' {}", what, printable(constant.name, kMaxShownName), why)
                    : fmt::format("{} {}", what, why));
}

std::string type_and_shape(const Constant& constant) {
  return to_string(constant.type) + " " + to_string(constant.shape);
}

// The number of elements that the dims promise, which the file must then have.
std::size_t count_of(const std::string& what, const Constant& constant) {
  std::vector<std::size_t> sizes;
  for (const std::int64_t size : constant.shape) {
    if (size < 0) fail_constant(what, constant, fmt::format("has the size {}", size));
    sizes.push_back(static_cast<std::size_t>(size));
  }
  const auto count = checked_product(sizes);
  if (!count || *count > kMaxFileBytes) {
    fail_constant(
        what, constant,
        fmt::format("has the shape {}, which no file can hold", to_string(constant.shape)));
  }
  return *count;
}

void set_raw(const std::string& what, Constant& constant, std::size_t count,
             protozero::data_view raw) {
  const std::size_t width = constant.type == DataType::int64 ? 8 : 4;
  if (raw.size() != count * width) {
    fail_constant(what, constant,
                  fmt::format("has {} bytes of data, {} needs {}", raw.size(),
                              type_and_shape(constant), count * width));
  }
  if (count == 0) return;
  if (constant.type == DataType::float32) {
    constant.floats.resize(count);
    std::memcpy(constant.floats.data(), raw.data(), raw.size());
  } else if (constant.type == DataType::int64) {
    constant.ints.resize(count);
    std::memcpy(constant.ints.data(), raw.data(), raw.size());
  } else {
    std::vector<std::int32_t> values(count);
    std::memcpy(values.data(), raw.data(), raw.size());
    constant.ints.assign(values.begin(), values.end());
  }
}

// Reads numbers of a field that may come in several pieces; one more than `limit` is an error.
template <class T>
void read_numbers(std::vector<T>& values, pbf_reader& reader, bool packed, std::size_t limit) {
  if (packed) {
    append_packed(values, reader, limit, "numbers in a tensor of that size");
    return;
  }
  if constexpr (std::is_same_v<T, float>) {
    append(values, reader.get_float(), limit, "numbers in a tensor of that size");
  } else {
    append(values, reader.get_int64(), limit, "numbers in a tensor of that size");
  }
}

// The numbers of a tensor without raw_data. int32_data and int64_data are both varints.
void set_numbers(const std::string& what, Constant& constant, std::size_t count,
                 protozero::data_view message) {
  using Field = fields::Tensor;
  const bool is_float = constant.type == DataType::float32;
  const std::uint32_t wanted =
      constant.type == DataType::int64 ? Field::int64_data : Field::int32_data;
  pbf_reader reader(message);
  while (reader.next()) {
    const std::uint32_t field = reader.tag_and_type();
    if (is_float && (field == bytes(Field::float_data) || field == fixed32(Field::float_data))) {
      read_numbers(constant.floats, reader, field == bytes(Field::float_data), count);
    } else if (!is_float && (field == bytes(wanted) || field == varint(wanted))) {
      read_numbers(constant.ints, reader, field == bytes(wanted), count);
    } else {
      reader.skip();
    }
  }
  const std::size_t present = is_float ? constant.floats.size() : constant.ints.size();
  if (present != count) {
    fail_constant(
        what, constant,
        fmt::format("has {} numbers, {} needs {}", present, type_and_shape(constant), count));
  }
}

// `what` names it in messages: "initializer", "attribute".
Constant constant_from(const std::string& what, protozero::data_view message) {
  using Field = fields::Tensor;
  Constant constant;
  protozero::data_view raw;
  bool has_raw = false, is_external = false;
  pbf_reader reader(message);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint(Field::dims):
        append(constant.shape, reader.get_int64(), kMaxRank, "dimensions of a tensor");
        break;
      case bytes(Field::dims):
        append_packed(constant.shape, reader, kMaxRank, "dimensions of a tensor");
        break;
      case varint(Field::data_type):
        constant.type = static_cast<DataType>(reader.get_int32());
        break;
      case bytes(Field::name):
        constant.name = reader.get_string();
        break;
      case bytes(Field::raw_data):
        raw = reader.get_view();
        has_raw = true;
        break;
      case bytes(Field::external_data):
        is_external = true;
        reader.skip();
        break;
      case varint(Field::data_location):
        is_external = reader.get_int32() != 0 || is_external;
        break;
      default:
        reader.skip();
    }
  }
  if (is_external) {
    fail_constant(what, constant,
                  "lies outside the file: save the model with its weights inside "
                  "(in PyTorch: external_data=False)");
  }
  if (constant.type != DataType::float32 && constant.type != DataType::int32 &&
      constant.type != DataType::int64) {
    fail_constant(what, constant,
                  fmt::format("has the type {}, which is not float, int32 or int64",
                              to_string(constant.type)));
  }
  const std::size_t count = count_of(what, constant);
  if (has_raw) {
    set_raw(what, constant, count, raw);
  } else {
    set_numbers(what, constant, count, message);
  }
  return constant;
}

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
