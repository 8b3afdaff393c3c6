// SPDX-License-Identifier: MIT
#include "kernels/binary.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {
namespace {

// The scalar flags are compile-time here so that each of the loops vectorises.
template <bool kScalarA, bool kScalarB, class Op, class T>
void run(Op op, const T* a, const T* b, T* out, std::int64_t n, bool accumulate) {
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
    const T a0 = kScalarA ? a[0] : T(0);
    const T b0 = kScalarB ? b[0] : T(0);
    for (std::int64_t i = begin; i < end; ++i) {
      const T value = op(kScalarA ? a0 : a[i], kScalarB ? b0 : b[i]);
      out[i] = accumulate ? out[i] + value : value;
    }
  });
}

}  // namespace

template <class Op, class T>
void binary(CpuStream, Op op, Operand<T> a, Operand<T> b, T* out, std::int64_t n, bool accumulate) {
  if (n == 0) return;
  if (a.is_scalar && b.is_scalar) {
    run<true, true>(op, a.data, b.data, out, n, accumulate);
  } else if (a.is_scalar) {
    run<true, false>(op, a.data, b.data, out, n, accumulate);
  } else if (b.is_scalar) {
    run<false, true>(op, a.data, b.data, out, n, accumulate);
  } else {
    run<false, false>(op, a.data, b.data, out, n, accumulate);
  }
}

#define KILN_INSTANTIATE(Op)                                                                       \
  template void binary(CpuStream, Op, Operand<float>, Operand<float>, float*, std::int64_t, bool); \
  template void binary(CpuStream, Op, Operand<double>, Operand<double>, double*, std::int64_t,     \
                       bool);
KILN_BINARY_OPS(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
