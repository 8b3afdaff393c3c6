// SPDX-License-Identifier: MIT
// The images that `evaluate` scores: drawn from a generator, or read from a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/device.h"

namespace kiln::apps {

struct EvaluatedSamples {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<float> pixels;              // (count, height, width), each in [0, 1]
  std::vector<std::int32_t> labels = {};  // (count), of a conditional generator: what it was asked
};

// `count` images of a generator.safetensors, the same as `generate --seed` draws. Errors: those of
// load_network, another role, a pixel outside [0, 1].
EvaluatedSamples draw_samples(const std::filesystem::path& model, std::int64_t count,
                              std::uint64_t seed, Device device);

// The first `count` images of an .npy, float32 or bytes (n, height, width) or (n, 1, height,
// width), or of an IDX file of bytes, each plain or gzip; all of them where it holds fewer. Errors:
// those of the readers, another shape, a pixel outside [0, 1].
EvaluatedSamples read_samples(const std::filesystem::path& path, std::int64_t count);

}  // namespace kiln::apps
