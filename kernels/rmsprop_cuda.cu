// SPDX-License-Identifier: MIT
// rmsprop.h on CUDA: one launch for the whole arena, 20 bytes of traffic per parameter, 8 more with
// momentum and 8 with an average.
#include "kernels/parameter_update.cuh"
#include "kernels/rmsprop.h"

namespace kiln::kernels {

// ---- kernels

__global__ void rmsprop_kernel(RmspropConfig config, RmspropRule<float> rule,
                               UpdateState<float>* state, ParameterArrays<float> arrays,
                               unsigned* ticket) {
  update_parameters(config, rule, state, arrays, ticket);
}

// ---- launchers

void update(CudaStream stream, const RmspropConfig& config, UpdateState<float>* state,
            const ParameterArrays<float>& arrays) {
  launch(RmspropConfig::kName, rmsprop_kernel, blocks_for_packs(arrays.n), kBlockSize, 0, stream,
         config, RmspropRule<float>(config), state, arrays, stream.scratch.tickets);
}

}  // namespace kiln::kernels
