// SPDX-License-Identifier: MIT
// Where a tile of a product goes in C.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace kiln::kernels {

// c += sums, or c = sums + bias where there is one.
struct TileResult {
  float* c;
  std::int64_t stride;
  std::int64_t columns;
  const float* bias;
  bool accumulate;
};

// To the tile's rows, once its sums are complete.
inline void apply_activation(Activation activation, const TileResult& tile, std::int64_t rows) {
  if (activation.kind == ActivationKind::identity) return;
  with_activation(activation, [&](auto op) {
    for (std::int64_t i = 0; i < rows; ++i) {
      float* const c = tile.c + i * tile.stride;
      for (std::int64_t j = 0; j < tile.columns; ++j) c[j] = op.forward(c[j]);
    }
  });
}

}  // namespace kiln::kernels
