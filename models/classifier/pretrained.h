// SPDX-License-Identifier: MIT
// Networks to start from, and what is done to them before they are trained further.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/nn/low_rank.h"
#include "models/network_file.h"

namespace kiln::models {

// A classifier that Kiln has saved, or one of PyTorch's in safetensors: a file without Kiln's
// metadata whose tensors are fc1.weight (out, in), fc1.bias (out), fc2.weight, ... in float32 is an
// Mlp with ReLU between its layers; where its number of inputs is a square, it sees images. Errors
// name the file: those of load_network, another role, tensors of other names or shapes.
LoadedNetwork load_pretrained(const std::filesystem::path& path, Device device);

// The same network whose last layer has `classes` outputs and new weights; the other layers' are
// copied, or drawn anew too with `from_scratch`. Errors: fewer than 2 classes.
std::shared_ptr<Chain> with_new_head(const Chain& network, std::int64_t classes, std::uint64_t seed,
                                     Device device, bool from_scratch = false);

// The parameters left to train where those that match one of the patterns ("fc1.*", as in a shell)
// ask for no gradients any more. Errors: a pattern that matches none, nothing left.
std::vector<Tensor> freeze(const Chain& network, const std::vector<std::string>& patterns);
// Patterns of all layers but the last `count`. Errors: no such number of layers.
std::vector<std::string> all_but_last(const Chain& network, std::int64_t count);

// Adapters beside all linear layers, or all but the last, whose weights are trained then, with
// `trains_head`; every other parameter asks for no gradients any more. Returns what is to be
// trained. Errors: those of LowRankAdapter, no linear layer.
std::vector<Tensor> add_adapters(const Chain& network, const nn::LowRankConfig& config,
                                 bool trains_head, std::uint64_t seed);
// After this the network is a plain one that gives the same outputs, but for rounding.
void merge_adapters(const Chain& network);

}  // namespace kiln::models
