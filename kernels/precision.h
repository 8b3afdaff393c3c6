// SPDX-License-Identifier: MIT
// How matrix products are computed from float operands. Sums, and everything else, are fp32.
//   fp32    fused multiply-adds
//   tf32x3  tensor cores: each operand split into two TF32 numbers, three products; an error close
//           to fp32's (Ootomo & Yokota, IJHPCA 2022)
//   tf32    tensor cores: operands rounded to 11 significant bits
//   bf16    tensor cores, or Intel's AMX, AMD's AVX512_BF16: operands rounded to 8 significant bits
// Convolutions on a CPU are fp32, and so are products too small for the kernels of gemm_amx_cpu.h
// and gemm_bf16_cpu.h. A device without the asked precision computes in fp32, which is never less
// exact.
#pragma once

namespace kiln::kernels {

enum class Precision { fp32, tf32x3, tf32, bf16 };

}  // namespace kiln::kernels
