// SPDX-License-Identifier: MIT
// Tensor cores: products of matrix fragments and the loads that fill them, one function per PTX
// instruction. All 32 lanes of a warp call each of them together.
//
// A fragment is spread over the lanes; with g = lane / 4 and t = lane % 4, element (row, column):
//
//   m16n8k8 tf32                              m16n8k16 bf16, the first element in bits 0 to 15
//   a[0] (g, t)      a[2] (g, t + 4)          a[0] (g, 2t), (g, 2t + 1)
//   a[1] (g + 8, t)  a[3] (g + 8, t + 4)      a[1] (g + 8, 2t), (g + 8, 2t + 1)
//                                             a[2] (g, 2t + 8), (g, 2t + 9)
//                                             a[3] (g + 8, 2t + 8), (g + 8, 2t + 9)
//   b[0] (t, g)      b[1] (t + 4, g)          b[0] (2t, g), (2t + 1, g)
//                                             b[1] (2t + 8, g), (2t + 9, g)
//   d[0] (g, 2t)     d[1] (g, 2t + 1)         the same
//   d[2] (g + 8, 2t) d[3] (g + 8, 2t + 1)
//
// A is m x k, B is k x n, D is m x n. ldmatrix reads 8 x 8 matrices of 16-bit elements: lane 8 i +
// r gives the address of row r of matrix i, and r[i] receives (g, 2t), (g, 2t + 1) of matrix i, or
// (2t, g), (2t + 1, g) with _trans. A matrix of 8 x 4 32-bit elements is read alike, without
// _trans: r[i] is then its (g, t). _x2 uses the addresses of lanes 0 to 15; all have to be valid.
//
// mma and the conversions need sm_80, ldmatrix sm_75. Reference: PTX ISA, "Warp-level matrix
// instructions". Include from .cu files only.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#ifdef KILN_CUDA_EMULATED
#include <cuda_emulation/tensor_core.h>
#endif

namespace kiln::kernels {

#ifdef KILN_CUDA_EMULATED

using cuda_emulation::ldmatrix_x2;
using cuda_emulation::ldmatrix_x2_trans;
using cuda_emulation::ldmatrix_x4;
using cuda_emulation::ldmatrix_x4_trans;
using cuda_emulation::mma_m16n8k16_bf16;
using cuda_emulation::mma_m16n8k8_tf32;
using cuda_emulation::pack_bf16;
using cuda_emulation::to_tf32;

#else

// Older code is built for sm_75 as well, where the host never picks a kernel that uses these.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#define KILN_SM80(...) __trap()
#else
#define KILN_SM80(...) __VA_ARGS__
#endif

// d += a b; the low 13 bits of a and b are ignored.
__device__ __forceinline__ void mma_m16n8k8_tf32(float (&d)[4], const std::uint32_t (&a)[4],
                                                 const std::uint32_t (&b)[2]) {
  KILN_SM80(
      asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                   "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                   : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1])));
}

// d += a b
__device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const std::uint32_t (&a)[4],
                                                  const std::uint32_t (&b)[2]) {
  KILN_SM80(
      asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                   "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                   : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1])));
}

// The nearest tf32 value, ties away from zero, as the bits of a float.
__device__ __forceinline__ std::uint32_t to_tf32(float x) {
  std::uint32_t bits = 0;
  KILN_SM80(asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x)));
  return bits;
}

// The nearest bf16 values, ties to even: `low` in bits 0 to 15, `high` in bits 16 to 31.
__device__ __forceinline__ std::uint32_t pack_bf16(float low, float high) {
  std::uint32_t pair = 0;
  KILN_SM80(asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low)));
  return pair;
}

#undef KILN_SM80

// `row` is the 16-byte aligned row in shared memory that the calling lane addresses.
__device__ __forceinline__ void ldmatrix_x2(std::uint32_t (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}

__device__ __forceinline__ void ldmatrix_x2_trans(std::uint32_t (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}

__device__ __forceinline__ void ldmatrix_x4(std::uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}

__device__ __forceinline__ void ldmatrix_x4_trans(std::uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}

#endif

}  // namespace kiln::kernels
