// SPDX-License-Identifier: MIT
// cross_entropy.h on CUDA: the sum of the rows' terms, each of which writes its gradient.
#include "kernels/cross_entropy.h"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

struct CrossEntropyTerm {
  CrossEntropyArgs<float> args;

  template <int kWidth>
  __device__ Pack<kWidth> at(std::int64_t i) const {
    // Spelled out: a loop that is not unrolled makes the pack an array in memory.
    if constexpr (kWidth == 1) {
      return {{args.row_term(i)}};
    } else {
      static_assert(kWidth == 4);
      return {{args.row_term(i), args.row_term(i + 1), args.row_term(i + 2), args.row_term(i + 3)}};
    }
  }
};

// ---- launchers

void cross_entropy(CudaStream stream, const CrossEntropyArgs<float>& args, float* out,
                   float* workspace) {
  launch_sum("cross_entropy", stream, CrossEntropyTerm{args}, args.rows, args.scale, out,
             workspace);
}

}  // namespace kiln::kernels
