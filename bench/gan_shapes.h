// SPDX-License-Identifier: MIT
// The matrix products of the GAN's layers: forward, gradient of the input, gradient of the weight.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kiln::bench {

struct GemmShape {
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;

  std::string name() const {
    return std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) +
           (transpose_a ? "_t" : "_n") + (transpose_b ? "t" : "n");
  }
};

inline std::vector<GemmShape> gan_shapes(std::int64_t batch = 64) {
  constexpr std::int64_t kLayers[][2] = {{100, 128}, {128, 256}, {256, 512}, {512, 784},
                                         {784, 256}, {256, 128}, {128, 1}};
  std::vector<GemmShape> shapes;
  for (const auto& [in, out] : kLayers) {
    shapes.push_back({batch, out, in, false, true});
    shapes.push_back({batch, in, out, false, false});
    shapes.push_back({out, in, batch, true, false});
  }
  return shapes;
}

}  // namespace kiln::bench
