// SPDX-License-Identifier: MIT
// The launches of one training step of the GAN recipe `seed`, in their order.
#pragma once

#include <cstdint>

#include "bench/gpu_performance/work.h"

namespace kiln::bench {

Plan gan_seed_step(std::int64_t batch);

}  // namespace kiln::bench
