// SPDX-License-Identifier: MIT
// Deterministic sum of n terms in one launch. Each thread adds its terms in ascending order in four
// chains, each block adds its threads in a fixed tree; the last block to finish adds up the blocks
// the same way. The partition depends on n alone, so the bits depend on neither device nor
// alignment.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/elementwise.cuh"
#include "kernels/last_block.cuh"
#include "kernels/launch.h"
#include "kernels/reduce.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

// A term is a struct with `template <int kWidth> Pack<kWidth> at(std::int64_t i) const`, the terms
// i .. i + kWidth - 1.
struct ArrayTerm {
  const float* x;

  template <int kWidth>
  __device__ Pack<kWidth> at(std::int64_t i) const {
    return load_unaligned<kWidth>(x + i);
  }

  // Same elements, same thread, whatever the alignment: the order of the sum must not depend on it.
  template <int kWidth>
  static __device__ Pack<kWidth> load_unaligned(const float* p) {
    if (is_aligned_for<kWidth>(p)) return load_pack<kWidth>(p);
    Pack<kWidth> pack;
    for (int k = 0; k < kWidth; ++k) pack.at[k] = p[k];
    return pack;
  }
};

struct SumShared {
  float warp_sums[kBlockSize / 32];
};

__device__ __forceinline__ float warp_sum(float value) {
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, offset);
  }
  return value;
}

// The sum of the terms that `threads` threads cover, of which this is number `thread`; the block's
// share of it goes to its thread 0.
template <class Term>
__device__ __forceinline__ float sum_share(Term term, std::int64_t n, std::int64_t thread,
                                           std::int64_t threads, SumShared& shared) {
  Pack<4> sums = {};
  const std::int64_t packs = n / 4;
  for (std::int64_t i = thread; i < packs; i += threads) {
    const Pack<4> terms = term.template at<4>(4 * i);
    for (int k = 0; k < 4; ++k) sums.at[k] += terms.at[k];
  }
  const std::int64_t rest = 4 * packs + thread;
  if (rest < n) sums.at[0] += term.template at<1>(rest).at[0];

  float sum = warp_sum((sums.at[0] + sums.at[1]) + (sums.at[2] + sums.at[3]));
  const unsigned lane = threadIdx.x % 32;
  if (lane == 0) shared.warp_sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) sum = warp_sum(lane < kBlockSize / 32 ? shared.warp_sums[lane] : 0.0f);
  return sum;
}

template <class Term>
__global__ void sum_kernel(Term term, std::int64_t n, float scale, float* out, float* workspace,
                           unsigned* ticket) {
  SumShared& shared = block_shared<SumShared>();
  float sum = sum_share(term, n, grid_thread(), grid_threads(), shared);
  if (gridDim.x > 1) {
    if (threadIdx.x == 0) workspace[blockIdx.x] = sum;
    if (!is_last_block(ticket, gridDim.x)) return;
    sum = sum_share(ArrayTerm{workspace}, gridDim.x, threadIdx.x, blockDim.x, shared);
  }
  if (threadIdx.x == 0) out[0] = scale * sum;
}

// out[0] = scale * (sum of n terms). Few terms are one block's work: others would wait for it.
template <class Term>
void launch_sum(const char* op, CudaStream stream, Term term, std::int64_t n, float scale,
                float* out, float* workspace) {
  constexpr std::int64_t kFewTerms = 8192;
  constexpr std::int64_t kTermsPerBlock = 2048;
  const std::int64_t blocks =
      n <= kFewTerms ? 1 : std::min((n + kTermsPerBlock - 1) / kTermsPerBlock, kSumWorkspace);
  // scale may be 1/n: an empty sum is 0 whatever it holds.
  launch(op, sum_kernel<Term>, static_cast<unsigned>(blocks), kBlockSize, 0, stream, term, n,
         n == 0 ? 0.0f : scale, out, workspace, stream.scratch.tickets);
}

}  // namespace kiln::kernels
