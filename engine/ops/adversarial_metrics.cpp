// SPDX-License-Identifier: MIT
#include "engine/ops/adversarial_metrics.h"

#include "engine/dispatch.h"
#include "kernels/adversarial_metrics.h"

namespace kiln {

void add_adversarial_metrics(const Tensor& d_loss, const Tensor& g_loss, const Tensor& outputs,
                             bool logits, const Tensor& sums) {
  if (d_loss.numel() != 1 || g_loss.numel() != 1 || outputs.rank() != 2 ||
      outputs.dim(0) % 2 != 0 || outputs.dim(1) < 1 || sums.numel() != 4) {
    throw Error("[adversarial_metrics] losses " + to_string(d_loss.shape()) + " and " +
                to_string(g_loss.shape()) + ", outputs " + to_string(outputs.shape()) +
                " and sums " + to_string(sums.shape()) + " are not (), (), (2n,columns) and (4)");
  }
  for (const Tensor* tensor : {&d_loss, &g_loss, &outputs}) {
    require_same_kind("adversarial_metrics", *tensor, sums);
  }
  dispatch("adversarial_metrics", sums, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::AdversarialMetrics<T> args;
    args.d_loss = d_loss.data<T>();
    args.g_loss = g_loss.data<T>();
    args.outputs = outputs.data<T>();
    args.batch = outputs.dim(0) / 2;
    args.columns = outputs.dim(1);
    args.logits = logits;
    args.sums = sums.data<T>();
    kernels::adversarial_metrics(stream, args);
  });
}

}  // namespace kiln
