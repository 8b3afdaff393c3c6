// SPDX-License-Identifier: MIT
#include "models/mlp.h"

#include <algorithm>

#include "kernels/error.h"

namespace kiln::models {

ChainConfig layers_of(const MlpConfig& config) {
  const std::vector<std::int64_t>& sizes = config.sizes;
  if (sizes.size() < 2 || *std::min_element(sizes.begin(), sizes.end()) < 1) {
    throw Error("[mlp] layer sizes " + to_string(Shape(sizes)) +
                " are not two or more positive numbers");
  }
  ChainConfig layers;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const bool last = i + 1 == sizes.size();
    layers.push_back({.name = "fc" + std::to_string(i),
                      .in = {sizes[i - 1]},
                      .out = {sizes[i]},
                      .activation = last ? config.output_activation : config.hidden_activation,
                      .init = last ? config.output_init : config.hidden_init});
  }
  return layers;
}

}  // namespace kiln::models
