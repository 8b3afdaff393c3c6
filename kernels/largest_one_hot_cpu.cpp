// SPDX-License-Identifier: MIT
#include "kernels/largest_one_hot.h"

namespace kiln::kernels {

template <class T>
void largest_one_hot(CpuStream, const LargestOneHotArgs<T>& args) {
  for (std::int64_t i = 0; i < args.rows; ++i) {
    const T* row = args.x + i * args.x_width;
    for (std::int64_t j = 0; j < args.count; ++j) {
      args.out[i * args.out_width + j] = largest_one_hot_at(row, args.count, j, args.value);
    }
  }
}

template void largest_one_hot(CpuStream, const LargestOneHotArgs<float>&);
template void largest_one_hot(CpuStream, const LargestOneHotArgs<double>&);

}  // namespace kiln::kernels
