// SPDX-License-Identifier: MIT
// What tensor cores are programmed with (PTX ISA, "Warp-level matrix instructions"): products of
// matrix fragments, the loads that fill them, and conversions to their formats. The whole warp must
// call the same one at the same place; fewer lanes are a fault.
#pragma once

#include <cstdint>
#include <source_location>

namespace cuda_emulation {

/// mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 with d as addend and result. The low 13 bits
/// of a and b are dropped; products are exact, summed in double and rounded once.
void mma_m16n8k8_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                      std::source_location site = std::source_location::current());
/// mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32, summed likewise.
void mma_m16n8k16_bf16(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                       std::source_location site = std::source_location::current());

/// ldmatrix.sync.aligned.m8n8.x2 and .x4.shared.b16, and their .trans forms. Errors (faults): a row
/// that is not 16 aligned bytes of shared memory, in any lane: sm_75 wants them valid even in the
/// lanes that address no row.
void ldmatrix_x2(std::uint32_t (&r)[2], const void* row,
                 std::source_location site = std::source_location::current());
void ldmatrix_x4(std::uint32_t (&r)[4], const void* row,
                 std::source_location site = std::source_location::current());
void ldmatrix_x2_trans(std::uint32_t (&r)[2], const void* row,
                       std::source_location site = std::source_location::current());
void ldmatrix_x4_trans(std::uint32_t (&r)[4], const void* row,
                       std::source_location site = std::source_location::current());

/// cvt.rna.tf32.f32: to the nearest, ties away from zero.
std::uint32_t to_tf32(float x);
/// cvt.rn.bf16x2.f32: to the nearest, ties to even; `low` in bits 0 to 15.
std::uint32_t pack_bf16(float low, float high);

}  // namespace cuda_emulation
