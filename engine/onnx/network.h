// SPDX-License-Identifier: MIT
// A network from an ONNX file, of Kiln's or another's making, run on a device.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/onnx/model.h"
#include "engine/onnx/operators.h"
#include "engine/tensor.h"

namespace kiln::onnx {

// Values by name: float32 tensors on the network's device; int32 ones for what the graph has as
// int64 or int32.
using NamedTensors = std::map<std::string, Tensor>;

class Network {
 public:
  // Checks the whole graph before it asks for memory on the device. Errors name the file and the
  // node: whatever read_model() reports; an operator that is not supported (operators.h has the
  // list) with its version; a value that nothing, or a later node, makes: so no graph has a cycle;
  // a name given twice; an input or output of a type other than float, int64 and int32.
  Network(const std::filesystem::path& path, Device device);
  // The same of a model that is there already; `name` begins the messages.
  Network(Model model, const std::string& name, Device device);

  // What run() must be given, and what it returns.
  const std::vector<ValueInfo>& inputs() const { return inputs_; }
  const std::vector<ValueInfo>& outputs() const { return outputs_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  // Not recorded. Errors: inputs that are missing, unknown, on another device, or of another type
  // or shape than the file says, sizes that it calls by one name and that differ; in a node, shapes
  // that do not fit.
  NamedTensors run(const NamedTensors& inputs) const;
  // Of a network with one input and one output.
  Tensor run(const Tensor& input) const;

 private:
  struct Step {
    std::string what;  // for messages
    Operator compute;
    std::vector<std::size_t> inputs;     // places of values; kLeftOut where one is left out
    std::vector<std::size_t> outputs;    // likewise
    std::vector<std::size_t> last_uses;  // values that no later step takes
  };
  static constexpr std::size_t kLeftOut = static_cast<std::size_t>(-1);

  void build(Model model, Device device);
  void find_last_uses();
  void check_input(const ValueInfo& info, const Tensor& x,
                   std::map<std::string, std::int64_t>& open_sizes) const;

  std::string name_;
  Device device_;
  std::vector<ValueInfo> inputs_;
  std::vector<ValueInfo> outputs_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, std::size_t> places_;  // of values, by name
  std::vector<Tensor> constants_;              // by place; undefined elsewhere
  std::vector<Step> steps_;
};

}  // namespace kiln::onnx
