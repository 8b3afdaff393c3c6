// SPDX-License-Identifier: MIT
// A network as a safetensors file: the weights under PyTorch's names, the architecture as JSON in
// the metadata, so that a file is all that generation needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/chain.h"

namespace kiln::models {

// What a file says of itself beside the layers.
struct NetworkInfo {
  std::string role;  // "generator", "discriminator", "encoder" or "classifier"
  std::vector<std::int64_t> image_shape = {};  // (height, width) of the images made or seen
  std::int64_t classes = 0;  // of a conditional network: its inputs end with a one-hot label
  // For saving a network whose last activation belongs to its loss: what follows its outputs.
  Activation pixel_activation = {};
};

// What a file's metadata say of the architecture, as JSON, and under which key.
inline constexpr const char* kArchitectureKey = "kiln.architecture";
std::string architecture_json(const Chain& network, const NetworkInfo& info);

void save_network(const std::filesystem::path& path, const Chain& network, const NetworkInfo& info);

struct LoadedNetwork {
  std::shared_ptr<Chain> network;
  NetworkInfo info;
};

// Errors name the file and what is wrong: whatever SafetensorsFile reports, metadata that is not
// Kiln's, an unknown activation, tensors missing or of another shape or dtype, or left over.
LoadedNetwork load_network(const std::filesystem::path& path, Device device);

// Gives `network` the weights of a file that was saved of one with its architecture and `info`.
// Errors: those of load_network; another architecture, naming both.
void load_weights(const std::filesystem::path& path, const Chain& network, const NetworkInfo& info);

}  // namespace kiln::models
