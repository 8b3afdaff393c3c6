// SPDX-License-Identifier: MIT
// Running sums over the steps of a GAN's training, for the log:
//   sums[0] += d_loss[0]
//   sums[1] += g_loss[0]
//   sums[2] += mean of p over the first `batch` of the discriminator's 2 batch rows: real images
//   sums[3] += mean of p over the others: generated images
// with p the first of a row's `columns` numbers, or its sigmoid where the outputs are logits.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct AdversarialMetrics {
  const T* d_loss = nullptr;
  const T* g_loss = nullptr;
  const T* outputs = nullptr;
  std::int64_t batch = 0;
  bool logits = false;
  T* sums = nullptr;
  std::int64_t columns = 1;  // below 2^32 / batch
};

template <class T>
void adversarial_metrics(CpuStream stream, const AdversarialMetrics<T>& args);
void adversarial_metrics(CudaStream stream, const AdversarialMetrics<float>& args);

}  // namespace kiln::kernels
