// SPDX-License-Identifier: MIT
#include "kernels/one_hot.h"

namespace kiln::kernels {

template <class T>
void one_hot(CpuStream, const std::int32_t* labels, std::int64_t n, std::int64_t classes, T* out) {
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < classes; ++j) out[i * classes + j] = j == labels[i] ? T(1) : T(0);
  }
}

template void one_hot(CpuStream, const std::int32_t*, std::int64_t, std::int64_t, float*);
template void one_hot(CpuStream, const std::int32_t*, std::int64_t, std::int64_t, double*);

}  // namespace kiln::kernels
