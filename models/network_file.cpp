// SPDX-License-Identifier: MIT
#include "models/network_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/io/printable.h"
#include "engine/io/safetensors.h"
#include "engine/io/shallow_json.h"
#include "models/mlp.h"

namespace kiln::models {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kActivationNames = {
#define KILN_NAME(Op, enumerator) #enumerator,
    KILN_ACTIVATIONS(KILN_NAME)
#undef KILN_NAME
};

Json to_json(Activation activation) {
  Json json = {{"type", kActivationNames[static_cast<std::size_t>(activation.kind)]}};
  if (activation.kind == ActivationKind::leaky_relu) json["slope"] = activation.slope;
  return json;
}

Activation activation_from(const Json& json) {
  const auto type = json.at("type").get<std::string>();
  const auto found = std::find(kActivationNames.begin(), kActivationNames.end(), type);
  if (found == kActivationNames.end()) throw Error("activation '" + type + "' is unknown");
  Activation activation{static_cast<ActivationKind>(found - kActivationNames.begin())};
  if (activation.kind == ActivationKind::leaky_relu) {
    activation.slope = json.at("slope").get<float>();
    if (!(activation.slope > 0)) throw Error("slope is not above 0");
  }
  return activation;
}

// The library would cut 3.5 to 3 and wrap what does not fit.
std::vector<std::int64_t> sizes_from(const Json& json) {
  std::vector<std::int64_t> sizes;
  for (const Json& size : json) {
    if (!size.is_number_integer()) throw Error("size " + size.dump() + " is not a whole number");
    sizes.push_back(size.get<std::int64_t>());
  }
  return sizes;
}

std::int64_t classes_from(const Json& json) {
  if (!json.is_number_integer() || json.get<std::int64_t>() < 1) {
    throw Error("number of classes " + json.dump() + " is not a whole number above 0");
  }
  return json.get<std::int64_t>();
}

struct Architecture {
  ChainConfig layers;
  NetworkInfo info;
};

// ---- a fully connected network is its sizes and two activations

bool is_mlp(const ChainConfig& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerConfig& layer = layers[i];
    const bool has_hidden_activation =
        i + 1 == layers.size() || (layer.activation.kind == layers[0].activation.kind &&
                                   layer.activation.slope == layers[0].activation.slope);
    if (layer.kind != LayerKind::linear || layer.in.size() != 1 || layer.out.size() != 1 ||
        layer.name != "fc" + std::to_string(i + 1) || !has_hidden_activation) {
      return false;
    }
  }
  return true;
}

void write_mlp(Json& json, const ChainConfig& layers) {
  Json sizes = {layers[0].in[0]};
  for (const LayerConfig& layer : layers) sizes.push_back(layer.out[0]);
  json["sizes"] = sizes;
  json["hidden_activation"] = to_json(layers[0].activation);
  json["output_activation"] = to_json(layers.back().activation);
}

ChainConfig mlp_from(const Json& json) {
  return layers_of({sizes_from(json.at("sizes")), activation_from(json.at("hidden_activation")),
                    activation_from(json.at("output_activation"))});
}

// ---- any other is the list of its layers

constexpr std::array kLayerKindNames = {"linear", "conv2d", "conv_transpose2d", "categorical"};

void write_layers(Json& json, const ChainConfig& layers) {
  json["layers"] = Json::array();
  for (const LayerConfig& layer : layers) {
    Json entry = {{"name", layer.name},
                  {"type", kLayerKindNames[static_cast<std::size_t>(layer.kind)]},
                  {"in", layer.in},
                  {"out", layer.out}};
    if (layer.kind == LayerKind::categorical) entry["categories"] = layer.categories;
    if (layer.is_convolution()) {
      entry["kernel_size"] = layer.kernel_size;
      entry["stride"] = layer.stride;
      entry["padding"] = layer.padding;
    }
    entry["activation"] = to_json(layer.activation);
    json["layers"].push_back(entry);
  }
}

LayerConfig layer_from(const Json& json) {
  const auto type = json.at("type").get<std::string>();
  const auto found = std::find(kLayerKindNames.begin(), kLayerKindNames.end(), type);
  if (found == kLayerKindNames.end()) throw Error("layer type '" + type + "' is unknown");
  LayerConfig layer;
  layer.name = json.at("name").get<std::string>();
  layer.kind = static_cast<LayerKind>(found - kLayerKindNames.begin());
  layer.in = sizes_from(json.at("in"));
  layer.out = sizes_from(json.at("out"));
  layer.activation = activation_from(json.at("activation"));
  if (layer.kind == LayerKind::categorical) {
    layer.categories = sizes_from(Json::array({json.at("categories")}))[0];
  }
  if (layer.is_convolution()) {
    const std::vector<std::int64_t> numbers =
        sizes_from(Json::array({json.at("kernel_size"), json.at("stride"), json.at("padding")}));
    layer.kernel_size = numbers[0];
    layer.stride = numbers[1];
    layer.padding = numbers[2];
  }
  return layer;
}

ChainConfig layers_from(const Json& json) {
  ChainConfig layers;
  for (const Json& layer : json.at("layers")) layers.push_back(layer_from(layer));
  return layers;
}

// ---- either

Json to_json(const Architecture& architecture) {
  const auto& [layers, info] = architecture;
  const bool mlp = is_mlp(layers);
  Json json = {{"type", mlp ? "mlp" : "chain"}, {"role", info.role}};
  (mlp ? write_mlp : write_layers)(json, layers);
  json["image_shape"] = info.image_shape;
  if (info.classes > 0) json["classes"] = info.classes;
  return json;
}

Architecture architecture_from(const std::string& text) {
  const Json json = parse_shallow_json<Json>(text);
  Architecture architecture;
  architecture.info.role = json.at("role").get<std::string>();
  architecture.info.image_shape = sizes_from(json.at("image_shape"));
  if (json.contains("classes")) architecture.info.classes = classes_from(json.at("classes"));
  const auto type = json.at("type").get<std::string>();
  if (type != "mlp" && type != "chain") throw Error("type '" + type + "' is neither mlp nor chain");
  architecture.layers = type == "mlp" ? mlp_from(json) : layers_from(json);
  check(architecture.layers);
  return architecture;
}

// Shapes as the file must have them, found before memory is asked for.
std::vector<std::pair<std::string, std::vector<std::size_t>>> expected_tensors(
    const ChainConfig& layers) {
  const auto unsigned_sizes = [](const Shape& shape) {
    return std::vector<std::size_t>(shape.begin(), shape.end());
  };
  std::vector<std::pair<std::string, std::vector<std::size_t>>> expected;
  for (const LayerConfig& layer : layers) {
    if (!layer.has_parameters()) continue;
    expected.emplace_back(layer.name + ".weight", unsigned_sizes(layer.weight_shape()));
    expected.emplace_back(layer.name + ".bias", unsigned_sizes(layer.bias_shape()));
  }
  return expected;
}

void check_image_shape(const Architecture& architecture) {
  const auto& [layers, info] = architecture;
  const bool sees =
      info.role == "discriminator" || info.role == "encoder" || info.role == "classifier";
  const std::int64_t inputs = element_count(layers.front().in);
  if (info.classes >= inputs) {
    throw Error("of " + std::to_string(inputs) + " inputs, " + std::to_string(info.classes) +
                " cannot be classes");
  }
  const std::int64_t categories = layers.front().categories;
  if (categories > 0 && categories >= inputs - info.classes) {
    throw Error("of " + std::to_string(inputs) + " inputs, " + std::to_string(info.classes) +
                " cannot be classes and " + std::to_string(categories) + " choose a category");
  }
  const std::int64_t pixels = sees ? inputs - info.classes : element_count(layers.back().out);
  if (info.image_shape.size() != 2 || element_count(info.image_shape) != pixels) {
    throw Error("image shape " + to_string(info.image_shape) + " does not hold " +
                std::to_string(pixels) + " pixels");
  }
}

}  // namespace

std::string architecture_json(const Chain& network, const NetworkInfo& info) {
  Architecture architecture = {network.layers(), info};
  if (info.pixel_activation.kind != ActivationKind::identity) {
    architecture.layers.back().activation = info.pixel_activation;
  }
  return to_json(architecture).dump();
}

void save_network(const std::filesystem::path& path, const Chain& network,
                  const NetworkInfo& info) {
  SafetensorsWriter writer;
  writer.set_metadata("format", "pt");
  writer.set_metadata(kArchitectureKey, architecture_json(network, info));
  const std::vector<nn::NamedTensor> parameters = network.named_parameters();
  std::vector<std::vector<float>> values;  // alive until write()
  values.reserve(parameters.size());
  for (const nn::NamedTensor& parameter : parameters) {
    const Shape& shape = parameter.tensor.shape();
    values.push_back(parameter.tensor.to_host<float>());
    writer.add_f32(parameter.name, std::vector<std::size_t>(shape.begin(), shape.end()),
                   values.back());
  }
  writer.write(path);
}

LoadedNetwork load_network(const std::filesystem::path& path, Device device) {
  const SafetensorsFile file(path);
  const auto text = file.metadata().find(kArchitectureKey);
  if (text == file.metadata().end()) {
    throw Error(printable(path) + ": not a model that Kiln can build: the metadata has no '" +
                kArchitectureKey + "'");
  }
  Architecture architecture;
  try {
    architecture = architecture_from(text->second);
    check_image_shape(architecture);
  } catch (const std::exception& error) {
    throw Error(printable(path) + ": metadata '" + kArchitectureKey +
                "' cannot be used: " + printable(error.what(), 500));
  }
  const auto expected = expected_tensors(architecture.layers);
  for (const auto& [name, shape] : expected) file.finite_f32(name, shape);
  for (const auto& [name, tensor] : file.tensors()) {
    if (std::none_of(expected.begin(), expected.end(),
                     [&name = name](const auto& entry) { return entry.first == name; })) {
      throw Error(printable(path) + ": tensor '" + printable(name, 100) +
                  "' does not belong to the architecture");
    }
  }
  auto network = std::make_shared<Chain>(architecture.layers, 0, device);
  const std::vector<nn::NamedTensor> parameters = network->named_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto values = file.f32(expected[i].first, expected[i].second);
    device.copy_from_host(values.data(), parameters[i].tensor.raw(), values.size_bytes());
  }
  return {std::move(network), architecture.info};
}

void load_weights(const std::filesystem::path& path, const Chain& network,
                  const NetworkInfo& info) {
  const std::vector<nn::NamedTensor> to = network.named_parameters();
  const LoadedNetwork loaded = load_network(path, to.front().tensor.device());
  const std::string wanted = architecture_json(network, info);
  const std::string found = architecture_json(*loaded.network, loaded.info);
  if (found != wanted) {
    throw Error(printable(path) + ": the network is " + printable(found, 500) +
                ", and the one to train " + wanted);
  }
  const std::vector<nn::NamedTensor> from = loaded.network->named_parameters();
  for (std::size_t i = 0; i < to.size(); ++i) to[i].tensor.copy_from(from[i].tensor);
}

}  // namespace kiln::models
