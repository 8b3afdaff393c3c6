// SPDX-License-Identifier: MIT
// The launches of one training step, in their order; recipe: a name that the model knows.
#pragma once

#include <cstdint>
#include <string>

#include "bench/gpu_performance/work.h"

namespace kiln::bench {

// Of a step without a penalty.
Plan gan_step(const std::string& recipe, std::int64_t batch);
Plan vae_step(const std::string& recipe, std::int64_t batch);

}  // namespace kiln::bench
