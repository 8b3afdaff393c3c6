// SPDX-License-Identifier: MIT
// Softmax cross-entropy of logits x (rows, classes) with labels (rows), the negative log-likelihood
// of log-softmax, and its gradient in the same pass:
//   out[0]  = scale * sum_i (log sum_k exp x[i,k] - x[i,label_i])       (rows == 0 gives 0)
//   dx[i,j] = scale * (softmax(x_i)_j - [j == label_i]), where dx is not null
// scale = 1/rows makes a mean. The largest logit is subtracted first, so finite logits of any size
// are exact. A label outside [0, classes) makes its row NaN and reads nothing. On CUDA a thread
// computes a row, as in softmax.h. classes is at least 1.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/reduce.h"
#include "kernels/softmax.h"
#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct CrossEntropyArgs {
  const T* x = nullptr;
  const std::int32_t* labels = nullptr;
  std::int64_t rows = 0;
  std::int64_t classes = 0;
  T scale = 1;
  T* dx = nullptr;

  // The term of row i, unscaled; writes its gradient.
  KILN_HOST_DEVICE T row_term(std::int64_t i) const {
    const T* const logits = x + i * classes;
    const std::int32_t label = labels[i];
    const bool valid = label >= 0 && label < classes;
    const SoftmaxRow<T> row(logits, classes);
    if (dx != nullptr) {
      for (std::int64_t j = 0; j < classes; ++j) {
        const T target = valid ? T(j == label) : T(NAN);
        dx[i * classes + j] = scale * (row.probability(logits[j]) - target);
      }
    }
    return valid ? (row.max - logits[label]) + log(row.sum) : T(NAN);
  }
};

// workspace: kSumWorkspace elements.
template <class T>
void cross_entropy(CpuStream stream, const CrossEntropyArgs<T>& args, T* out, T* workspace);
void cross_entropy(CudaStream stream, const CrossEntropyArgs<float>& args, float* out,
                   float* workspace);

}  // namespace kiln::kernels
