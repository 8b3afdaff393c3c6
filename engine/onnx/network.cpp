// SPDX-License-Identifier: MIT
#include "engine/onnx/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/autograd/grad_mode.h"
#include "engine/io/printable.h"
#include "engine/onnx/model_file.h"

namespace kiln::onnx {
namespace {

std::string quoted(const std::string& name) { return fmt::format("'{}'", printable(name, 100)); }

std::int64_t opset_of(const Model& model) {
  const auto found = model.opsets.find("");
  if (found == model.opsets.end()) throw Error("it names no version of ONNX's operator set");
  if (found->second < kOldestOpset || found->second > kNewestOpset) {
    throw Error("ONNX's operator set " + std::to_string(found->second) + " is not supported: " +
                std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset) + " are");
  }
  return found->second;
}

bool is_integer(DataType type) { return type == DataType::int32 || type == DataType::int64; }

void require_sizes(const Tensor& x) {
  for (const std::int64_t size : x.shape()) {
    if (size > kMaxSize) throw Error("makes the shape " + to_string(x.shape()) + ", too large");
  }
}

void check_type(const char* what, const ValueInfo& info) {
  if (info.type == DataType::float32 || is_integer(info.type)) return;
  throw Error(std::string(what) + " " + quoted(info.name) + " has the type " +
              to_string(info.type) + ", which is not float, int32 or int64");
}

}  // namespace

Network::Network(const std::filesystem::path& path, Device device)
    : Network(read_model(path), printable(path), device) {}

Network::Network(Model model, const std::string& name, Device device)
    : name_(name), device_(device) {
  try {
    build(std::move(model), device);
  } catch (const Error& error) {
    throw Error(name_ + ": " + error.what());
  }
}

void Network::build(Model model, Device device) {
  const std::int64_t opset = opset_of(model);
  const auto add = [&](const std::string& name) {
    if (!places_.emplace(name, places_.size()).second) {
      throw Error("value " + quoted(name) + " is made twice");
    }
    return places_.size() - 1;
  };
  Graph& graph = model.graph;
  for (const Constant& constant : graph.initializers) add(constant.name);
  for (ValueInfo& input : graph.inputs) {
    // Before version 4 of the format, initializers are inputs as well.
    if (places_.count(input.name) != 0 && places_[input.name] < graph.initializers.size()) continue;
    check_type("input", input);
    add(input.name);
    inputs_.push_back(std::move(input));
  }
  for (const GraphNode& node : graph.nodes) {
    Step step;
    step.what = describe(node);
    for (const std::string& input : node.inputs) {
      const auto place = places_.find(input);
      if (!input.empty() && place == places_.end()) {
        throw Error(step.what + " takes " + quoted(input) + ", which nothing before it makes");
      }
      step.inputs.push_back(input.empty() ? kLeftOut : place->second);
    }
    try {
      step.compute = operator_of(node, opset, device);
    } catch (const Error& error) {
      throw Error(step.what + ": " + error.what());
    }
    for (const std::string& output : node.outputs) {
      step.outputs.push_back(output.empty() ? kLeftOut : add(output));
    }
    steps_.push_back(std::move(step));
  }
  for (const ValueInfo& output : graph.outputs) {
    check_type("output", output);
    if (places_.count(output.name) == 0) {
      throw Error("output " + quoted(output.name) + " is made by no node");
    }
  }
  if (graph.outputs.empty()) throw Error("it has no outputs");
  outputs_ = std::move(graph.outputs);
  metadata_ = std::move(model.metadata);
  find_last_uses();
  constants_.resize(graph.initializers.size());
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    const Constant& constant = graph.initializers[i];
    try {
      constants_[i] = tensor_of(constant, device);
    } catch (const Error& error) {
      throw Error("initializer " + quoted(constant.name) + ": " + error.what());
    }
  }
}

// Each value is let go behind the last step that takes it, or makes it where none does.
void Network::find_last_uses() {
  std::set<std::size_t> needed;
  for (const ValueInfo& output : outputs_) needed.insert(places_.at(output.name));
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    for (const auto* places : {&step->inputs, &step->outputs}) {
      for (const std::size_t place : *places) {
        if (place != kLeftOut && needed.insert(place).second) step->last_uses.push_back(place);
      }
    }
  }
}

void Network::check_input(const ValueInfo& info, const Tensor& x,
                          std::map<std::string, std::int64_t>& open_sizes) const {
  const std::string what = name_ + ": input " + quoted(info.name);
  const DType expected = is_integer(info.type) ? DType::int32 : DType::float32;
  if (!x.defined() || x.dtype() != expected) {
    throw Error(what + " is not a tensor of " + name_of(expected));
  }
  if (!(x.device() == device_)) throw Error(what + " is on another device than the network");
  if (!info.shape) return;
  bool fits = x.rank() == info.shape->size();
  for (std::size_t i = 0; fits && i < x.rank(); ++i) {
    const Dimension& dimension = (*info.shape)[i];
    fits = !dimension.size || *dimension.size == x.dim(i);
    if (!dimension.size && !dimension.name.empty()) {
      fits = open_sizes.emplace(dimension.name, x.dim(i)).first->second == x.dim(i);
    }
  }
  if (!fits) {
    throw Error(what + " has the shape " + to_string(x.shape()) + ", expected " + to_string(info));
  }
}

NamedTensors Network::run(const NamedTensors& inputs) const {
  std::vector<Tensor> values = constants_;
  values.resize(places_.size());
  std::map<std::string, std::int64_t> open_sizes;
  for (const ValueInfo& info : inputs_) {
    const auto given = inputs.find(info.name);
    if (given == inputs.end()) throw Error(name_ + ": input " + to_string(info) + " is missing");
    check_input(info, given->second, open_sizes);
    values[places_.at(info.name)] = given->second;
  }
  if (inputs.size() != inputs_.size()) {
    for (const auto& [name, x] : inputs) {
      const bool known =
          std::any_of(inputs_.begin(), inputs_.end(),
                      [&name = name](const auto& info) { return info.name == name; });
      if (!known) throw Error(name_ + ": it has no input " + quoted(name));
    }
  }
  const NoGradGuard no_grad;
  for (const Step& step : steps_) {
    Tensors taken;
    for (const std::size_t place : step.inputs) {
      taken.push_back(place == kLeftOut ? Tensor() : values[place]);
    }
    Tensors made;
    try {
      made = step.compute(taken);
      for (const Tensor& x : made) require_sizes(x);
    } catch (const Error& error) {
      throw Error(name_ + ": " + step.what + ": " + error.what());
    }
    for (std::size_t i = 0; i < step.outputs.size(); ++i) {
      if (step.outputs[i] != kLeftOut) values[step.outputs[i]] = made.at(i);
    }
    for (const std::size_t place : step.last_uses) values[place] = Tensor();
  }
  NamedTensors outputs;
  for (const ValueInfo& info : outputs_) outputs[info.name] = values[places_.at(info.name)];
  return outputs;
}

Tensor Network::run(const Tensor& input) const {
  if (inputs_.size() != 1 || outputs_.size() != 1) {
    throw Error(name_ + ": has " + std::to_string(inputs_.size()) + " inputs and " +
                std::to_string(outputs_.size()) + " outputs, not one of each");
  }
  return run({{inputs_[0].name, input}}).begin()->second;
}

}  // namespace kiln::onnx
