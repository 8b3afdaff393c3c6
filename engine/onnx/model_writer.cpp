// SPDX-License-Identifier: MIT
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>

#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/onnx/fields.h"
#include "engine/onnx/model_file.h"
#include "kernels/error.h"

namespace kiln::onnx {
namespace {

using protozero::pbf_writer;

// Numbers lie in raw_data: little-endian, as in memory (engine/io/byte_order.h).
void write_constant(pbf_writer writer, const Constant& tensor) {
  using Field = fields::Tensor;
  for (const std::int64_t size : tensor.shape) writer.add_int64(Field::dims, size);
  writer.add_int32(Field::data_type, static_cast<std::int32_t>(tensor.type));
  if (!tensor.name.empty()) writer.add_string(Field::name, tensor.name);
  const auto add_raw = [&](const auto& values) {
    writer.add_bytes(Field::raw_data, reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(values[0]));
  };
  switch (tensor.type) {
    case DataType::float32:
      return add_raw(tensor.floats);
    case DataType::int64:
      return add_raw(tensor.ints);
    case DataType::int32:
      return add_raw(std::vector<std::int32_t>(tensor.ints.begin(), tensor.ints.end()));
    case DataType::undefined:
      break;
  }
  throw Error("[onnx] tensor '" + printable(tensor.name) + "' has no type");
}

void write_attribute(pbf_writer writer, const Attribute& attribute) {
  using Field = fields::Attribute;
  writer.add_string(Field::name, attribute.name);
  switch (attribute.type) {
    case AttributeType::number:
      writer.add_float(Field::f, attribute.number);
      break;
    case AttributeType::integer:
      writer.add_int64(Field::i, attribute.integer);
      break;
    case AttributeType::text:
      writer.add_bytes(Field::s, attribute.text);
      break;
    case AttributeType::tensor:
      write_constant(pbf_writer(writer, Field::t), attribute.tensor);
      break;
    case AttributeType::numbers:
      for (const float number : attribute.numbers) writer.add_float(Field::floats, number);
      break;
    case AttributeType::integers:
      for (const std::int64_t number : attribute.integers) writer.add_int64(Field::ints, number);
      break;
    case AttributeType::undefined:
      break;
  }
  writer.add_int32(Field::type, static_cast<std::int32_t>(attribute.type));
}

void write_node(pbf_writer writer, const GraphNode& node) {
  using Field = fields::GraphNode;
  for (const std::string& input : node.inputs) writer.add_string(Field::input, input);
  for (const std::string& output : node.outputs) writer.add_string(Field::output, output);
  writer.add_string(Field::name, node.name);
  writer.add_string(Field::op_type, node.op_type);
  for (const Attribute& attribute : node.attributes) {
    write_attribute(pbf_writer(writer, Field::attribute), attribute);
  }
  if (!node.domain.empty()) writer.add_string(Field::domain, node.domain);
}

void write_value_info(pbf_writer writer, const ValueInfo& value) {
  writer.add_string(fields::ValueInfo::name, value.name);
  pbf_writer type(writer, fields::ValueInfo::type);
  pbf_writer tensor_type(type, fields::Type::tensor_type);
  tensor_type.add_int32(fields::TensorType::elem_type, static_cast<std::int32_t>(value.type));
  if (!value.shape) return;
  pbf_writer shape(tensor_type, fields::TensorType::shape);
  for (const Dimension& dimension : *value.shape) {
    pbf_writer dim(shape, fields::TensorShape::dim);
    if (dimension.size) {
      dim.add_int64(fields::Dimension::dim_value, *dimension.size);
    } else if (!dimension.name.empty()) {
      dim.add_string(fields::Dimension::dim_param, dimension.name);
    }
  }
}

void write_graph(pbf_writer writer, const Graph& graph) {
  using Field = fields::Graph;
  for (const GraphNode& node : graph.nodes) write_node(pbf_writer(writer, Field::node), node);
  writer.add_string(Field::name, graph.name);
  for (const Constant& tensor : graph.initializers) {
    write_constant(pbf_writer(writer, Field::initializer), tensor);
  }
  for (const ValueInfo& input : graph.inputs) {
    write_value_info(pbf_writer(writer, Field::input), input);
  }
  for (const ValueInfo& output : graph.outputs) {
    write_value_info(pbf_writer(writer, Field::output), output);
  }
}

void write_buffer(const std::filesystem::path& path, const std::string& buffer) {
  if (buffer.size() > kMaxFileBytes) {
    throw Error(printable(path) + ": would have " + std::to_string(buffer.size()) +
                " bytes, and an ONNX file can have " + std::to_string(kMaxFileBytes));
  }
  write_file_atomically(path,
                        {reinterpret_cast<const std::uint8_t*>(buffer.data()), buffer.size()});
}

}  // namespace

void write_model(const std::filesystem::path& path, const Model& model) {
  using Field = fields::Model;
  std::string buffer;
  pbf_writer writer(buffer);
  writer.add_int64(Field::ir_version, model.ir_version);
  writer.add_string(Field::producer_name, model.producer_name);
  writer.add_string(Field::producer_version, model.producer_version);
  write_graph(pbf_writer(writer, Field::graph), model.graph);
  for (const auto& [domain, version] : model.opsets) {
    pbf_writer opset(writer, Field::opset_import);
    opset.add_string(fields::OperatorSetId::domain, domain);
    opset.add_int64(fields::OperatorSetId::version, version);
  }
  for (const auto& [key, value] : model.metadata) {
    pbf_writer entry(writer, Field::metadata_props);
    entry.add_string(fields::StringStringEntry::key, key);
    entry.add_string(fields::StringStringEntry::value, value);
  }
  write_buffer(path, buffer);
}

void write_tensor(const std::filesystem::path& path, const Constant& tensor) {
  std::string buffer;
  write_constant(pbf_writer(buffer), tensor);
  write_buffer(path, buffer);
}

}  // namespace kiln::onnx
