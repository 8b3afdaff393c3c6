// SPDX-License-Identifier: MIT
// The training loop of a GAN app: batches, progress, metrics, pictures, models.
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/io/idx.h"
#include "models/gan/gan.h"

namespace kiln::apps {

struct GanTrainingOptions {
  std::filesystem::path out = "out/mnist_gan";
  std::int64_t epochs = 20;
  std::int64_t batch = 64;
  std::uint64_t seed = 1;
  std::int64_t max_steps = 0;  // 0: no limit
};

// Writes generator.safetensors, discriminator.safetensors, samples/epoch_0001.png ..., samples.png
// and metrics.jsonl, in place of those of an earlier run. A run that fails leaves none of them, one
// that is interrupted all. Returns the program's exit code: 0, or 130 where it was interrupted.
int train_gan(const models::GanRecipe& recipe, const GanTrainingOptions& options,
              const IdxImages& images, Device device);

}  // namespace kiln::apps
