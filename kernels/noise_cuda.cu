// SPDX-License-Identifier: MIT
// noise.h on CUDA. A Philox state is cheap to set up (a key and a counter), so each quad of results
// starts its own in registers and nothing is kept between launches. For this generator cuRAND's
// `offset` counts 32-bit results: four of them are one block of the counter.
#include <curand_kernel.h>

#include "kernels/elementwise.cuh"
#include "kernels/last_block.cuh"
#include "kernels/launch.h"
#include "kernels/noise.h"

namespace kiln::kernels {

// ---- kernels

struct Uniform {
  __device__ float4 operator()(curandStatePhilox4_32_10_t* state) const {
    return curand_uniform4(state);
  }
};

struct Normal {
  __device__ float4 operator()(curandStatePhilox4_32_10_t* state) const {
    return curand_normal4(state);
  }
};

template <class Draw>
__global__ void random_kernel(Draw draw, std::uint64_t seed, std::uint64_t* counter,
                              unsigned* ticket, float* out, std::int64_t n) {
  const std::uint64_t offset = 4 * counter[0];
  const bool aligned = is_aligned_for<4>(out);
  for (std::int64_t j = grid_thread(); 4 * j < n; j += grid_threads()) {
    curandStatePhilox4_32_10_t state;
    curand_init(seed, static_cast<std::uint64_t>(j), offset, &state);
    const float4 quad = draw(&state);
    const Pack<4> pack = {{quad.x, quad.y, quad.z, quad.w}};
    if (aligned && 4 * j + 4 <= n) {
      store_pack<4>(out + 4 * j, pack);
    } else {
      KILN_UNROLL
      for (int k = 0; k < 4; ++k) {
        if (4 * j + k < n) out[4 * j + k] = pack.at[k];
      }
    }
  }
  if (is_last_block(ticket, gridDim.x) && threadIdx.x == 0) ++counter[0];
}

// ---- launchers

void random_uniform(CudaStream stream, std::uint64_t seed, std::uint64_t* counter, float* out,
                    std::int64_t n) {
  launch("random_uniform", random_kernel<Uniform>, blocks_for_packs(n), kBlockSize, 0, stream,
         Uniform{}, seed, counter, stream.scratch.tickets, out, n);
}

void random_normal(CudaStream stream, std::uint64_t seed, std::uint64_t* counter, float* out,
                   std::int64_t n) {
  launch("random_normal", random_kernel<Normal>, blocks_for_packs(n), kBlockSize, 0, stream,
         Normal{}, seed, counter, stream.scratch.tickets, out, n);
}

}  // namespace kiln::kernels
