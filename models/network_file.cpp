// SPDX-License-Identifier: MIT
#include "models/network_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/io/safetensors.h"

namespace kiln::models {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kArchitectureKey = "kiln.architecture";

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
  MlpConfig config;
  NetworkInfo info;
};

Architecture architecture_from(const std::string& text) {
  const Json json = Json::parse(text);
  if (json.at("type").get<std::string>() != "mlp") throw Error("type is not mlp");
  Architecture architecture;
  architecture.info.role = json.at("role").get<std::string>();
  architecture.info.image_shape = sizes_from(json.at("image_shape"));
  if (json.contains("classes")) architecture.info.classes = classes_from(json.at("classes"));
  architecture.config.sizes = sizes_from(json.at("sizes"));
  architecture.config.hidden_activation = activation_from(json.at("hidden_activation"));
  architecture.config.output_activation = activation_from(json.at("output_activation"));
  return architecture;
}

std::string layer_name(std::size_t i) { return "fc" + std::to_string(i); }

// Shapes as the file must have them, found before memory is asked for.
std::vector<std::pair<std::string, std::vector<std::size_t>>> expected_tensors(
    const MlpConfig& config) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> expected;
  for (std::size_t i = 1; i < config.sizes.size(); ++i) {
    const auto in = static_cast<std::size_t>(config.sizes[i - 1]);
    const auto out = static_cast<std::size_t>(config.sizes[i]);
    expected.push_back({layer_name(i) + ".weight", {out, in}});
    expected.push_back({layer_name(i) + ".bias", {out}});
  }
  return expected;
}

void check_image_shape(const Architecture& architecture) {
  const auto& [config, info] = architecture;
  if (config.sizes.size() < 2) throw Error("there are no layers");
  if (*std::min_element(config.sizes.begin(), config.sizes.end()) < 1) {
    throw Error("layer sizes " + to_string(config.sizes) + " are not all above 0");
  }
  const bool sees =
      info.role == "discriminator" || info.role == "encoder" || info.role == "classifier";
  if (info.classes >= config.sizes.front()) {
    throw Error("of " + std::to_string(config.sizes.front()) + " inputs, " +
                std::to_string(info.classes) + " cannot be classes");
  }
  const std::int64_t pixels = sees ? config.sizes.front() - info.classes : config.sizes.back();
  if (info.image_shape.size() != 2 || element_count(info.image_shape) != pixels) {
    throw Error("image shape " + to_string(info.image_shape) + " does not hold " +
                std::to_string(pixels) + " pixels");
  }
}

}  // namespace

void save_network(const std::filesystem::path& path, const Mlp& mlp, const NetworkInfo& info) {
  SafetensorsWriter writer;
  const bool replaced = info.pixel_activation.kind != ActivationKind::identity;
  Json architecture = {{"type", "mlp"},
                       {"role", info.role},
                       {"sizes", mlp.config().sizes},
                       {"hidden_activation", to_json(mlp.config().hidden_activation)},
                       {"output_activation",
                        to_json(replaced ? info.pixel_activation : mlp.config().output_activation)},
                       {"image_shape", info.image_shape}};
  if (info.classes > 0) architecture["classes"] = info.classes;
  writer.set_metadata("format", "pt");
  writer.set_metadata(kArchitectureKey, architecture.dump());
  const std::vector<nn::NamedTensor> parameters = mlp.named_parameters();
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
    throw Error(path.string() + ": not a model that Kiln can build: the metadata has no '" +
                kArchitectureKey + "'");
  }
  Architecture architecture;
  try {
    architecture = architecture_from(text->second);
    check_image_shape(architecture);
  } catch (const std::exception& error) {
    throw Error(path.string() + ": metadata '" + kArchitectureKey +
                "' cannot be used: " + error.what());
  }
  const auto expected = expected_tensors(architecture.config);
  for (const auto& [name, shape] : expected) file.f32(name, shape);
  for (const auto& [name, tensor] : file.tensors()) {
    if (std::none_of(expected.begin(), expected.end(),
                     [&name = name](const auto& entry) { return entry.first == name; })) {
      throw Error(path.string() + ": tensor '" + name + "' does not belong to the architecture");
    }
  }
  auto mlp = std::make_shared<Mlp>(architecture.config, 0, device);
  const std::vector<nn::NamedTensor> parameters = mlp->named_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto values = file.f32(expected[i].first, expected[i].second);
    device.copy_from_host(values.data(), parameters[i].tensor.raw(), values.size_bytes());
  }
  return {std::move(mlp), architecture.info};
}

}  // namespace kiln::models
