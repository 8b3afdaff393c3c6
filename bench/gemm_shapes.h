// SPDX-License-Identifier: MIT
// The matrix products of a stack of linear layers: forward, gradient of the input, gradient of the
// weight.
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

// sizes: of the input and of every layer.
inline std::vector<GemmShape> products_of(const std::vector<std::int64_t>& sizes,
                                          std::int64_t batch) {
  std::vector<GemmShape> shapes;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const std::int64_t in = sizes[i - 1], out = sizes[i];
    shapes.push_back({batch, out, in, false, true});
    shapes.push_back({batch, in, out, false, false});
    shapes.push_back({out, in, batch, true, false});
  }
  return shapes;
}

inline std::vector<GemmShape> gan_shapes(std::int64_t batch = 64) {
  std::vector<GemmShape> shapes = products_of({100, 128, 256, 512, 784}, batch);
  for (const GemmShape& shape : products_of({784, 256, 128, 1}, batch)) shapes.push_back(shape);
  return shapes;
}

inline std::vector<GemmShape> vae_shapes(std::int64_t batch = 128) {
  std::vector<GemmShape> shapes = products_of({784, 400, 40}, batch);
  for (const GemmShape& shape : products_of({20, 400, 784}, batch)) shapes.push_back(shape);
  return shapes;
}

}  // namespace kiln::bench
