// SPDX-License-Identifier: MIT
// adam.h on CUDA: one launch for the whole arena, 28 bytes of traffic per parameter, 36 with an
// average.
#include "kernels/adam.h"
#include "kernels/parameter_update.cuh"

namespace kiln::kernels {

// ---- kernels

__global__ void adam_kernel(AdamConfig config, AdamRule<float> rule, AdamState<float>* state,
                            ParameterArrays<float> arrays, unsigned* ticket) {
  update_parameters(config, rule, state, arrays, ticket);
}

// ---- launchers

void update(CudaStream stream, const AdamConfig& config, AdamState<float>* state,
            const ParameterArrays<float>& arrays) {
  launch(AdamConfig::kName, adam_kernel, blocks_for_packs(arrays.n), kBlockSize, 0, stream, config,
         AdamRule<float>(config), state, arrays, stream.scratch.tickets);
}

}  // namespace kiln::kernels
