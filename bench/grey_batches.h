// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/batch_stream.h"

namespace kiln::bench {

// Batches out of a data set of 16 of them, 28x28 images of one grey, on the device.
inline BatchStream grey_batches(std::int64_t batch, Device device) {
  const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(16 * batch * 784), 100);
  return {Tensor::from_host(bytes, {16 * batch, 784}, device), batch, 1};
}

}  // namespace kiln::bench
