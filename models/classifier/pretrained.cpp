// SPDX-License-Identifier: MIT
#include "models/classifier/pretrained.h"

#include <fnmatch.h>

#include <cmath>

#include "engine/io/printable.h"
#include "engine/io/safetensors.h"
#include "engine/rng.h"
#include "models/mlp.h"

namespace kiln::models {
namespace {

[[noreturn]] void reject_tensor(const std::string& path, const std::string& name, const char* why) {
  throw Error(path + ": tensor '" + name + "' " + why);
}

// Layer sizes of fc1, fc2, ... from the shapes in the file.
std::vector<std::int64_t> mlp_sizes(const std::string& path, const SafetensorsFile& file) {
  const auto weight = [](std::size_t i) {
    std::string name = "fc";
    name += std::to_string(i);
    name += ".weight";
    return name;
  };
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 1; file.contains(weight(i)); ++i) {
    const std::string name = weight(i);
    const std::vector<std::size_t>& shape = file.tensor(name).shape;
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0) {
      reject_tensor(path, name, "is not a matrix");
    }
    if (sizes.empty()) sizes.push_back(static_cast<std::int64_t>(shape[1]));
    if (static_cast<std::int64_t>(shape[1]) != sizes.back()) {
      reject_tensor(path, name, "does not take what the layer before it makes");
    }
    sizes.push_back(static_cast<std::int64_t>(shape[0]));
  }
  if (sizes.empty() || file.tensors().size() != 2 * (sizes.size() - 1)) {
    throw Error(path +
                ": neither a model of Kiln nor one whose tensors are fc1.weight, fc1.bias, "
                "fc2.weight, ... alone");
  }
  return sizes;
}

LoadedNetwork load_foreign(const std::string& path, const SafetensorsFile& file, Device device) {
  const std::vector<std::int64_t> sizes = mlp_sizes(path, file);
  auto mlp = std::make_shared<Mlp>(MlpConfig{.sizes = sizes}, 0, device);
  for (const auto& [name, tensor] : mlp->named_parameters()) {
    const Shape& shape = tensor.shape();
    const auto values = file.finite_f32(name, std::vector<std::size_t>(shape.begin(), shape.end()));
    device.copy_from_host(values.data(), tensor.raw(), values.size_bytes());
  }
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(sizes[0])));
  const bool square = side * side == sizes[0];
  return {std::move(mlp), {"classifier", square ? Shape{side, side} : Shape{1, sizes[0]}}};
}

}  // namespace

LoadedNetwork load_pretrained(const std::filesystem::path& path, Device device) {
  const SafetensorsFile file(path);
  if (!file.metadata().contains(kArchitectureKey)) {
    return load_foreign(printable(path), file, device);
  }
  LoadedNetwork loaded = load_network(path, device);
  if (loaded.info.role != "classifier") {
    throw Error(printable(path) + ": this is a " + loaded.info.role + ", not a classifier");
  }
  return loaded;
}

std::shared_ptr<Chain> with_new_head(const Chain& network, std::int64_t classes, std::uint64_t seed,
                                     Device device, bool from_scratch) {
  if (classes < 2) throw Error("[new head] " + std::to_string(classes) + " classes are too few");
  ChainConfig layers = network.layers();
  LayerConfig& head = layers.back();
  if (head.kind != LayerKind::linear) throw Error("[new head] the last layer is not linear");
  for (LayerConfig& layer : layers) layer.init = nn::Init::he_normal;
  head.out = {classes};
  head.init = nn::Init::fan_in_uniform;
  auto result = std::make_shared<Chain>(layers, seed, device);
  const std::vector<Tensor> from = network.parameters(), to = result->parameters();
  for (std::size_t i = 0; i + 2 < to.size() && !from_scratch; ++i) to[i].copy_from(from[i]);
  return result;
}

std::vector<Tensor> freeze(const Chain& network, const std::vector<std::string>& patterns) {
  std::vector<bool> used(patterns.size());
  std::vector<Tensor> trained;
  for (auto& [name, tensor] : network.named_parameters()) {
    bool frozen = false;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (::fnmatch(patterns[i].c_str(), name.c_str(), 0) != 0) continue;
      frozen = used[i] = true;
    }
    tensor.set_requires_grad(!frozen);
    if (!frozen) trained.push_back(tensor);
  }
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (used[i]) continue;
    std::string names;
    for (const auto& [name, tensor] : network.named_parameters()) names += ' ' + name;
    throw Error("[freeze] '" + patterns[i] + "' matches no parameter of" + names);
  }
  if (trained.empty()) throw Error("[freeze] every parameter is frozen: there is nothing to train");
  return trained;
}

std::vector<std::string> all_but_last(const Chain& network, std::int64_t count) {
  const auto layers = static_cast<std::int64_t>(network.layers().size());
  if (count < 1 || count > layers) {
    throw Error("[freeze] the last " + std::to_string(count) + " of " + std::to_string(layers) +
                " layers cannot be left to train");
  }
  std::vector<std::string> patterns;
  for (std::int64_t i = 0; i < layers - count; ++i) {
    patterns.push_back(network.layers()[static_cast<std::size_t>(i)].name + ".*");
  }
  return patterns;
}

std::vector<Tensor> add_adapters(const Chain& network, const nn::LowRankConfig& config,
                                 bool trains_head, std::uint64_t seed) {
  const std::size_t layers = network.layers().size();
  const std::vector<Tensor> parameters = network.parameters();
  for (Tensor parameter : parameters) parameter.set_requires_grad(false);
  std::vector<Tensor> trained;
  for (std::size_t i = 0; i < (trains_head ? layers - 1 : layers); ++i) {
    nn::Linear* const layer = network.linear_layer(i);
    if (layer == nullptr) continue;
    const nn::LowRankAdapter& adapter = layer->add_adapter(config, derive_seed(seed, i));
    trained.push_back(adapter.a());
    trained.push_back(adapter.b());
  }
  if (trained.empty()) throw Error("[lora] there is no linear layer to adapt");
  for (std::size_t i = parameters.size() - 2; trains_head && i < parameters.size(); ++i) {
    Tensor parameter = parameters[i];
    trained.push_back(parameter.set_requires_grad(true));
  }
  return trained;
}

void merge_adapters(const Chain& network) {
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    if (nn::Linear* const layer = network.linear_layer(i)) layer->merge_adapter();
  }
}

}  // namespace kiln::models
