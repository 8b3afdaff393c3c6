// SPDX-License-Identifier: MIT
// ONNX files: models, whose networks are built and, where they are small, run; and tensors alone.
#include <cstdlib>
#include <utility>

#include "engine/onnx/model_file.h"
#include "engine/onnx/network.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

namespace {

// What a graph may have so that it is run: whatever its nodes make of that is small too.
constexpr std::size_t kMostNodes = 4;
constexpr std::int64_t kLargestNumber = 4;
constexpr std::int64_t kMostElements = 64;

bool is_small(const std::vector<std::int64_t>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](std::int64_t number) {
    return number >= -kLargestNumber && number <= kLargestNumber;
  });
}

bool is_small(const onnx::Constant& constant) {
  return constant.floats.size() <= kMostElements && constant.ints.size() <= kMostElements &&
         is_small(constant.ints);
}

bool is_small(const onnx::Attribute& attribute) {
  return is_small({attribute.integer}) && is_small(attribute.integers) &&
         is_small(attribute.tensor);
}

bool is_small(const onnx::GraphNode& node) {
  return node.inputs.size() <= kMostNodes &&
         std::all_of(node.attributes.begin(), node.attributes.end(),
                     [](const onnx::Attribute& attribute) { return is_small(attribute); });
}

bool is_small(const onnx::Graph& graph) {
  return graph.nodes.size() <= kMostNodes &&
         std::all_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const onnx::GraphNode& node) { return is_small(node); }) &&
         std::all_of(graph.initializers.begin(), graph.initializers.end(),
                     [](const onnx::Constant& constant) { return is_small(constant); });
}

// Of ones; 2 where the size is open. Undefined where it would be large.
Tensor input_for(const onnx::ValueInfo& info) {
  Shape shape;
  for (const onnx::Dimension& dimension : info.shape.value_or(std::vector<onnx::Dimension>())) {
    const std::int64_t size = dimension.size.value_or(2);
    if (size < 0 || size > kMostElements) return {};
    shape.push_back(size);
  }
  if (element_count(shape) > kMostElements) return {};
  const bool is_float = info.type == onnx::DataType::float32;
  return is_float ? Tensor::full(shape, 1, Device::cpu())
                  : Tensor::from_host(std::vector<std::int32_t>(element_count(shape), 1), shape,
                                      Device::cpu());
}

void build_and_run(const std::string& path) {
  onnx::Model model = onnx::read_model(path);
  const bool runs = is_small(model.graph);
  const onnx::Network network(std::move(model), path, Device::cpu());
  if (!runs) return;
  onnx::NamedTensors inputs;
  for (const onnx::ValueInfo& info : network.inputs()) {
    const Tensor input = input_for(info);
    if (!input.defined()) return;
    inputs[info.name] = input;
  }
  for (const auto& [name, output] : network.run(inputs)) {
    if (output.dtype() == DType::float32) {
      fuzz::touch(output.to_host<float>());
    } else {
      fuzz::touch(output.to_host<std::int32_t>());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, build_and_run);
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const onnx::Constant tensor = onnx::read_tensor(path);
    fuzz::touch(tensor.floats);
    fuzz::touch(tensor.ints);
  });
  return 0;
}
