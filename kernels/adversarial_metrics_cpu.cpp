// SPDX-License-Identifier: MIT
#include "kernels/adversarial_metrics.h"
#include "kernels/scalar_math.h"

namespace kiln::kernels {

template <class T>
void adversarial_metrics(CpuStream, const AdversarialMetrics<T>& args) {
  T sums[2] = {};
  for (std::int64_t i = 0; i < 2 * args.batch; ++i) {
    const T output = args.outputs[i * args.columns];
    sums[i / args.batch] += args.logits ? sigmoid(output) : output;
  }
  args.sums[0] += args.d_loss[0];
  args.sums[1] += args.g_loss[0];
  if (args.batch == 0) return;
  for (int group = 0; group < 2; ++group) {
    args.sums[2 + group] += sums[group] / static_cast<T>(args.batch);
  }
}

template void adversarial_metrics(CpuStream, const AdversarialMetrics<float>&);
template void adversarial_metrics(CpuStream, const AdversarialMetrics<double>&);

}  // namespace kiln::kernels
