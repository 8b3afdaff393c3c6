// SPDX-License-Identifier: MIT
#include "kernels/cross_entropy.h"
#include "kernels/partial_sums_cpu.h"

namespace kiln::kernels {

template <class T>
void cross_entropy(CpuStream, const CrossEntropyArgs<T>& args, T* out, T* workspace) {
  const T total =
      sum_of<T>(args.rows, workspace, [&args](std::int64_t i) { return args.row_term(i); });
  out[0] = args.rows == 0 ? T(0) : args.scale * total;  // scale may be 1/rows
}

template void cross_entropy(CpuStream, const CrossEntropyArgs<float>&, float*, float*);
template void cross_entropy(CpuStream, const CrossEntropyArgs<double>&, double*, double*);

}  // namespace kiln::kernels
