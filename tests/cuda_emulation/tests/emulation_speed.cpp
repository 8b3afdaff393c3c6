// SPDX-License-Identifier: MIT
// Prints how fast the emulation starts threads, crosses barriers, shuffles and multiplies matrices,
// in processor time.
#include <cublas_v2.h>

#include <cstdio>
#include <ctime>

#include "launch.h"

namespace {

__global__ void scale_kernel(float* x, float factor, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) x[i] *= factor;
}

__global__ void barriers_kernel(int n) {
  for (int i = 0; i < n; ++i) __syncthreads();
}

__global__ void shuffles_kernel(float* x, int n) {
  float value = x[threadIdx.x];
  for (int i = 0; i < n; ++i) value = __shfl_xor_sync(0xffffffffu, value, 1);
  x[threadIdx.x] = value;
}

/// Processor seconds until the device has done its work.
double seconds() {
  const std::clock_t start = std::clock();
  cudaDeviceSynchronize();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace

int main() {
  constexpr int n = 1 << 22, rounds = 10000, size = 512;
  DeviceArray<float> x(n);
  cudaMemset(x.data(), 0, x.bytes());
  seconds();
  launch(scale_kernel, n / 256, 256, 0, nullptr, x.data(), 2.0f, n);
  std::printf("thread starts                 %7.1f M/s\n", n / seconds() / 1e6);
  for (const unsigned threads : {32u, 256u, 1024u}) {
    launch(barriers_kernel, 1, threads, 0, nullptr, rounds);
    std::printf("barrier crossings, %4u threads %6.1f M/s\n", threads,
                threads * 1.0 * rounds / seconds() / 1e6);
  }
  launch(shuffles_kernel, 1, 256, 0, nullptr, x.data(), rounds);
  std::printf("shuffled lanes                %7.1f M/s\n", 256.0 * rounds / seconds() / 1e6);
  cublasHandle_t handle;
  cublasCreate(&handle);
  const float one = 1.0f, zero = 0.0f;
  cublasSgemm(handle, CUBLAS_OP_T, CUBLAS_OP_N, size, size, size, &one, x.data(), size,
              x.data() + size * size, size, &zero, x.data() + 2 * size * size, size);
  std::printf("cublasSgemm                   %7.1f GFLOP/s\n",
              2.0 * size * size * size / seconds() / 1e9);
  cublasDestroy(handle);
}
