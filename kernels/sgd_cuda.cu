// SPDX-License-Identifier: MIT
// sgd.h on CUDA: one launch for the whole arena, 12 bytes of traffic per parameter, 8 more with
// momentum and 8 with an average.
#include "kernels/parameter_update.cuh"
#include "kernels/sgd.h"

namespace kiln::kernels {

// ---- kernels

__global__ void sgd_kernel(SgdConfig config, SgdRule<float> rule, UpdateState<float>* state,
                           ParameterArrays<float> arrays, unsigned* ticket) {
  update_parameters(config, rule, state, arrays, ticket);
}

// ---- launchers

void update(CudaStream stream, const SgdConfig& config, UpdateState<float>* state,
            const ParameterArrays<float>& arrays) {
  launch(SgdConfig::kName, sgd_kernel, blocks_for_packs(arrays.n), kBlockSize, 0, stream, config,
         SgdRule<float>(config), state, arrays, stream.scratch.tickets);
}

}  // namespace kiln::kernels
