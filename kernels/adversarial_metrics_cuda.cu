// SPDX-License-Identifier: MIT
// adversarial_metrics.h on CUDA: one block a group, as a few hundred numbers need no more.
#include "kernels/adversarial_metrics.h"
#include "kernels/launch.h"
#include "kernels/scalar_math.h"
#include "kernels/sum_kernel.cuh"

namespace kiln::kernels {

// ---- kernels

// A batch is small: 32 bits spare sm_120 a third of its registers.
struct OutputTerm {
  const float* outputs;
  unsigned columns;
  bool logits;

  template <int kWidth>
  __device__ Pack<kWidth> at(std::int64_t i) const {
    Pack<kWidth> terms;
    for (int k = 0; k < kWidth; ++k) {
      const float output = outputs[(static_cast<unsigned>(i) + k) * columns];
      terms.at[k] = logits ? sigmoid(output) : output;
    }
    return terms;
  }
};

__global__ void adversarial_metrics_kernel(AdversarialMetrics<float> args) {
  SumShared& shared = block_shared<SumShared>();
  const unsigned group = blockIdx.x;
  const OutputTerm term = {args.outputs + group * args.batch * args.columns,
                           static_cast<unsigned>(args.columns), args.logits};
  const float sum = sum_share(term, args.batch, threadIdx.x, blockDim.x, shared);
  if (threadIdx.x != 0) return;
  args.sums[group] += group == 0 ? args.d_loss[0] : args.g_loss[0];
  if (args.batch > 0) args.sums[2 + group] += sum / static_cast<float>(args.batch);
}

// ---- launchers

void adversarial_metrics(CudaStream stream, const AdversarialMetrics<float>& args) {
  launch("adversarial_metrics", adversarial_metrics_kernel, 2, kBlockSize, 0, stream, args);
}

}  // namespace kiln::kernels
