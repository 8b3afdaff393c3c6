// SPDX-License-Identifier: MIT
// binary.h on CUDA. A scalar operand is read once per thread and kept in a register.
#include "kernels/binary.h"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

template <class Op>
__global__ void binary_kernel(Op op, Operand<float> a, Operand<float> b, float* out, std::int64_t n,
                              bool accumulate) {
  const float* const a_values = a.is_scalar ? nullptr : a.data;
  const float* const b_values = b.is_scalar ? nullptr : b.data;
  const float a_constant = a.is_scalar ? a.data[0] : 0.0f;
  const float b_constant = b.is_scalar ? b.data[0] : 0.0f;
  const bool aligned = is_aligned_for<4>(out, a_values, b_values);
  for_each_pack(n, aligned, [&](auto width, std::int64_t i) {
    constexpr int kWidth = decltype(width)::value;
    const auto a_pack = load_pack_or<kWidth>(a_values, i, a_constant);
    const auto b_pack = load_pack_or<kWidth>(b_values, i, b_constant);
    Pack<kWidth> result;
    for (int k = 0; k < kWidth; ++k) result.at[k] = op(a_pack.at[k], b_pack.at[k]);
    if (accumulate) {
      const auto old = load_pack<kWidth>(out + i);
      for (int k = 0; k < kWidth; ++k) result.at[k] = old.at[k] + result.at[k];
    }
    store_pack<kWidth>(out + i, result);
  });
}

// ---- launchers

template <class Op>
void binary(CudaStream stream, Op op, Operand<float> a, Operand<float> b, float* out,
            std::int64_t n, bool accumulate) {
  if (n == 0) return;
  launch(Op::name, binary_kernel<Op>, blocks_for_packs(n), kBlockSize, 0, stream, op, a, b, out, n,
         accumulate);
}

#define KILN_INSTANTIATE(Op)                                                                     \
  template void binary<Op>(CudaStream, Op, Operand<float>, Operand<float>, float*, std::int64_t, \
                           bool);
KILN_BINARY_OPS(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
