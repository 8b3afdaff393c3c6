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
    Pack<kWidth> terms;
    for (int k = 0; k < kWidth; ++k) terms.at[k] = args.row_term(i + k);
    return terms;
  }
};

// ---- launchers

void cross_entropy(CudaStream stream, const CrossEntropyArgs<float>& args, float* out,
                   float* workspace) {
  launch_sum("cross_entropy", stream, CrossEntropyTerm{args}, args.rows, args.scale, out,
             workspace);
}

}  // namespace kiln::kernels
