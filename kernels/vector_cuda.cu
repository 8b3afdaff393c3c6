// SPDX-License-Identifier: MIT
// vector.h on CUDA.
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"
#include "kernels/vector.h"

namespace kiln::kernels {

// ---- kernels

__global__ void fill_kernel(float value, float* y, std::int64_t n) {
  map_elements(n, y, [&] { return value; });
}

__global__ void copy_kernel(const float* x, float* y, std::int64_t n) {
  map_elements(
      n, y, [](float xi) { return xi; }, x);
}

__global__ void scale_kernel(float a, float* y, std::int64_t n) {
  map_elements(
      n, y, [&](float yi) { return a * yi; }, y);
}

__global__ void axpy_kernel(float a, const float* x, float* y, std::int64_t n) {
  map_elements(
      n, y, [&](float xi, float yi) { return yi + a * xi; }, x, y);
}

__global__ void lerp_kernel(float a, const float* x, float* y, std::int64_t n) {
  map_elements(
      n, y, [&](float xi, float yi) { return yi + a * (xi - yi); }, x, y);
}

// ---- launchers

void fill(CudaStream stream, float value, float* y, std::int64_t n) {
  if (n == 0) return;
  launch("fill", fill_kernel, blocks_for_packs(n), kBlockSize, 0, stream, value, y, n);
}

void copy(CudaStream stream, const float* x, float* y, std::int64_t n) {
  if (n == 0) return;
  launch("copy", copy_kernel, blocks_for_packs(n), kBlockSize, 0, stream, x, y, n);
}

void scale(CudaStream stream, float a, float* y, std::int64_t n) {
  if (n == 0) return;
  launch("scale", scale_kernel, blocks_for_packs(n), kBlockSize, 0, stream, a, y, n);
}

void axpy(CudaStream stream, float a, const float* x, float* y, std::int64_t n) {
  if (n == 0) return;
  launch("axpy", axpy_kernel, blocks_for_packs(n), kBlockSize, 0, stream, a, x, y, n);
}

void lerp(CudaStream stream, float a, const float* x, float* y, std::int64_t n) {
  if (n == 0) return;
  launch("lerp", lerp_kernel, blocks_for_packs(n), kBlockSize, 0, stream, a, x, y, n);
}

}  // namespace kiln::kernels
