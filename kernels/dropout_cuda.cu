// SPDX-License-Identifier: MIT
// dropout.h on CUDA: noise_cuda.cu's draw, used where it is made.
#include <curand_kernel.h>

#include "kernels/dropout.h"
#include "kernels/elementwise.cuh"
#include "kernels/last_block.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

__global__ void dropout_kernel(std::uint64_t seed, std::uint64_t* counter, unsigned* ticket,
                               float rate, float scale, const float* x, float* mask, float* y,
                               std::int64_t n) {
  const std::uint64_t offset = 4 * counter[0];
  const bool aligned = is_aligned_for<4>(x, mask, y);
  for (std::int64_t j = grid_thread(); 4 * j < n; j += grid_threads()) {
    curandStatePhilox4_32_10_t state;
    curand_init(seed, static_cast<std::uint64_t>(j), offset, &state);
    const float4 quad = curand_uniform4(&state);
    Pack<4> kept = {{quad.x, quad.y, quad.z, quad.w}};
    KILN_UNROLL
    for (int k = 0; k < 4; ++k) kept.at[k] = kept.at[k] > rate ? scale : 0.0f;
    if (aligned && 4 * j + 4 <= n) {
      Pack<4> values = load_pack<4>(x + 4 * j);
      KILN_UNROLL
      for (int k = 0; k < 4; ++k) values.at[k] *= kept.at[k];
      store_pack<4>(mask + 4 * j, kept);
      store_pack<4>(y + 4 * j, values);
    } else {
      KILN_UNROLL
      for (int k = 0; k < 4; ++k) {
        const std::int64_t i = 4 * j + k;
        if (i >= n) break;
        mask[i] = kept.at[k];
        y[i] = x[i] * kept.at[k];
      }
    }
  }
  if (is_last_block(ticket, gridDim.x) && threadIdx.x == 0) ++counter[0];
}

// ---- launchers

void dropout(CudaStream stream, std::uint64_t seed, std::uint64_t* counter, float rate,
             const float* x, float* mask, float* y, std::int64_t n) {
  launch("dropout", dropout_kernel, blocks_for_packs(n), kBlockSize, 0, stream, seed, counter,
         stream.scratch.tickets, rate, dropout_scale(rate), x, mask, y, n);
}

}  // namespace kiln::kernels
