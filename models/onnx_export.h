// SPDX-License-Identifier: MIT
// A network as an ONNX model, for any runtime: version 11 of the operator set and 6 of the format,
// which runtimes read from 2019 on. Weights keep PyTorch's names; the metadata hold the
// architecture as a safetensors file does, so that nothing of what Kiln knows is lost.
//
//   role            inputs           outputs
//   generator       z [, label]      image
//   encoder         image [, label]  mean, log_variance
//   classifier      image            logits, probabilities
//   discriminator   image [, label]  score
//
// z, mean and log_variance are float (batch, latent size), image is float (batch, 1, height, width)
// in [0, 1], label int64 (batch) of a conditional network, logits and probabilities are float
// (batch, classes), score (batch, 1). The batch is any number.
#pragma once

#include <filesystem>

#include "engine/onnx/model.h"
#include "engine/onnx/network.h"
#include "models/network_file.h"

namespace kiln::models {

// Errors: a role other than these; an image shape that is not (height, width); an encoder whose
// outputs are not two halves.
onnx::Model onnx_model(const Chain& network, const NetworkInfo& info);

// Inputs that fit the model of `network`, `batch` rows of them, and what the network itself makes
// of them, both under the model's names: to hold a runtime against. Latent vectors are normal and
// pixels uniform, by `seed`, labels come in turn. Of a network that load_network() has read.
struct OnnxExample {
  onnx::NamedTensors inputs;
  onnx::NamedTensors outputs;
};
OnnxExample onnx_example(const LoadedNetwork& network, std::int64_t batch, std::uint64_t seed,
                         Device device);

}  // namespace kiln::models
