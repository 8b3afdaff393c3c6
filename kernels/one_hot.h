// SPDX-License-Identifier: MIT
// out[i,j] = 1 where j == labels[i], else 0, for out (n, classes). A label outside [0, classes)
// gives a row of zeros.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
void one_hot(CpuStream stream, const std::int32_t* labels, std::int64_t n, std::int64_t classes,
             T* out);
void one_hot(CudaStream stream, const std::int32_t* labels, std::int64_t n, std::int64_t classes,
             float* out);

}  // namespace kiln::kernels
