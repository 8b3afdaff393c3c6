// SPDX-License-Identifier: MIT
// The launches of one training step of a GAN, in their order: that of a step without a penalty.
#pragma once

#include <cstdint>
#include <string>

#include "bench/gpu_performance/work.h"

namespace kiln::bench {

// recipe: a name that GanRecipe knows.
Plan gan_step(const std::string& recipe, std::int64_t batch);

}  // namespace kiln::bench
