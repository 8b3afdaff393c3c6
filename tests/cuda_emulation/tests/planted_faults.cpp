// SPDX-License-Identifier: MIT
// planted_faults NAME [fixed]: runs a program with the fault of that name, or its correct twin.
// Exits with 0 where the result is right, 1 where it is wrong, 2 after an error of the runtime.
#include <cuda_emulation/tensor_core.h>
#include <cuda_pipeline.h>

#include <cstdio>
#include <cstring>

#include "launch.h"

namespace {

constexpr int kThreads = 64;

struct Row {
  alignas(16) float values[kThreads];
};

__global__ void barrier_kernel(float* x, bool fixed) {
  Row& row = cuda_emulation::block_shared<Row>();
  row.values[threadIdx.x] = x[threadIdx.x];
  if (fixed) __syncthreads();
  x[threadIdx.x] = row.values[kThreads - 1 - threadIdx.x];
}

/// The barrier between a read and the next write.
__global__ void second_barrier_kernel(float* x, bool fixed) {
  Row& row = cuda_emulation::block_shared<Row>();
  for (int round = 0; round < 3; ++round) {
    row.values[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = row.values[kThreads - 1 - threadIdx.x];
    if (fixed) __syncthreads();
  }
}

__global__ void warp_barrier_kernel(float* x, bool fixed) {
  Row& row = cuda_emulation::block_shared<Row>();
  row.values[threadIdx.x] = x[threadIdx.x];
  if (fixed) __syncwarp();
  x[threadIdx.x] = row.values[threadIdx.x ^ 31u];
}

__global__ void block_race_kernel(float* x, bool fixed) {
  if (fixed) {
    atomicAdd(x, 1.0f);
  } else {
    *x += 1.0f;
  }
}

__global__ void global_bounds_kernel(float* x, bool fixed) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < (fixed ? 100u : 101u)) x[i] = 1.0f;
}

__global__ void shared_bounds_kernel(float* x, bool fixed) {
  float* row = cuda_emulation::block_shared<Row>().values;
  row[threadIdx.x + (fixed ? 0 : 1)] = 1.0f;
  __syncthreads();
  x[threadIdx.x] = row[threadIdx.x];
}

__global__ void vector_kernel(float* x, bool fixed) {
  if (threadIdx.x != 0) return;
  float4* v = reinterpret_cast<float4*>(x + (fixed ? 4 : 1));
  *v = make_float4(1, 1, 1, 1);
}

__global__ void copy_kernel(float* x, bool fixed) {
  Row& row = cuda_emulation::block_shared<Row>();
  __pipeline_memcpy_async(&row.values[threadIdx.x], &x[threadIdx.x], 4);
  __pipeline_commit();
  if (fixed) __pipeline_wait_prior(0);
  __syncthreads();
  x[threadIdx.x] = row.values[kThreads - 1 - threadIdx.x];
}

__global__ void commit_kernel(float* x, bool fixed) {
  Row& row = cuda_emulation::block_shared<Row>();
  __pipeline_memcpy_async(&row.values[threadIdx.x], &x[threadIdx.x], 4);
  if (fixed) __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  x[threadIdx.x] = row.values[kThreads - 1 - threadIdx.x];
}

/// Each warp reverses its 32 values, which it loads as 8 rows of 4.
__global__ void matrix_rows_kernel(float* x, bool fixed) {
  Row& row = cuda_emulation::block_shared<Row>();
  row.values[threadIdx.x] = x[threadIdx.x];
  if (fixed) __syncwarp();
  std::uint32_t r[2];
  cuda_emulation::ldmatrix_x2(r, &row.values[threadIdx.x / 32 * 32 + threadIdx.x % 8 * 4]);
  x[threadIdx.x ^ 31u] = __uint_as_float(r[0]);
}

struct Ticket {
  unsigned arrived;
};

/// x[0] counts the blocks; the last one adds up what all of them left behind it.
__global__ void last_block_kernel(float* x, bool fixed) {
  Ticket& ticket = cuda_emulation::block_shared<Ticket>();
  x[(1 + blockIdx.x) * kThreads + threadIdx.x] = 1.0f;
  if (fixed) __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    ticket.arrived = atomicInc(reinterpret_cast<unsigned*>(x), gridDim.x - 1);
  }
  __syncthreads();
  if (ticket.arrived != gridDim.x - 1 || threadIdx.x == 0) return;
  float sum = 0;
  for (unsigned block = 0; block < gridDim.x; ++block) {
    sum += __ldcg(&x[(1 + block) * kThreads + threadIdx.x]);
  }
  x[threadIdx.x] = sum;
}

__global__ void divergent_kernel(float* x, bool fixed) {
  if (!fixed && threadIdx.x == 5) return;
  __syncthreads();
  x[threadIdx.x] = 1.0f;
}

using Kernel = void (*)(float*, bool);

/// Runs the kernel on x = 0, 1, 2, ... and compares x[i] with expected(i) for the first `n`.
template <class Expected>
int check(Kernel kernel, dim3 grid, int size, int n, bool fixed, Expected expected) {
  std::vector<float> values(size);
  for (int i = 0; i < size; ++i) values[i] = static_cast<float>(i);
  DeviceArray<float> x(values);
  if (launch(kernel, grid, kThreads, 0, nullptr, x.data(), fixed) != cudaSuccess) return 2;
  if (cudaDeviceSynchronize() != cudaSuccess) return 2;
  values = x.host();
  for (int i = 0; i < n; ++i) {
    if (!(values[i] == expected(i))) return 1;
  }
  return 0;
}

int unchecked_launch(bool fixed, bool synchronize) {
  launch(barrier_kernel, 1, 2000, 0, nullptr, nullptr, true);
  if (fixed) cudaGetLastError();
  if (synchronize) cudaDeviceSynchronize();
  return 0;
}

int missed_wait(bool fixed) {
  DeviceArray<float> x(kThreads);
  cudaStream_t stream;
  cudaStreamCreate(&stream);
  std::vector<float> host(kThreads, 1.0f), back(kThreads, 0.0f);
  cudaMemcpyAsync(x.data(), host.data(), x.bytes(), cudaMemcpyHostToDevice, stream);
  cudaMemcpyAsync(back.data(), x.data(), x.bytes(), cudaMemcpyDeviceToHost, stream);
  if (fixed) cudaStreamSynchronize(stream);
  const bool right = back == host;
  cudaStreamSynchronize(stream);
  cudaStreamDestroy(stream);
  return right ? 0 : 1;
}

int use_after_free(bool fixed) {
  float* x = nullptr;
  cudaMalloc(&x, kThreads * sizeof(float));
  if (!fixed) cudaFree(x);
  launch(divergent_kernel, 1, kThreads, 0, nullptr, x, true);
  const cudaError_t error = cudaDeviceSynchronize();
  if (fixed) cudaFree(x);
  return error == cudaSuccess ? 0 : 2;
}

int run(const char* name, bool fixed) {
  const auto is = [=](const char* other) { return std::strcmp(name, other) == 0; };
  const auto one = [](int) { return 1.0f; };
  const auto reversed = [](int i) { return static_cast<float>(kThreads - 1 - i); };
  if (is("missing_barrier")) return check(barrier_kernel, 1, kThreads, kThreads, fixed, reversed);
  if (is("missing_second_barrier")) {
    return check(second_barrier_kernel, 1, kThreads, kThreads, fixed, reversed);
  }
  if (is("missing_warp_barrier")) {
    return check(warp_barrier_kernel, 1, kThreads, kThreads, fixed,
                 [](int i) { return static_cast<float>(i ^ 31); });
  }
  if (is("race_between_blocks")) {
    return check(block_race_kernel, 4, 1, 1, fixed, [](int) { return 4.0f * kThreads; });
  }
  if (is("global_off_by_one")) return check(global_bounds_kernel, 2, 100, 100, fixed, one);
  if (is("shared_off_by_one"))
    return check(shared_bounds_kernel, 1, kThreads, kThreads, fixed, one);
  if (is("misaligned_vector")) {
    return check(vector_kernel, 1, 8, 1, fixed, [](int) { return 0.0f; });
  }
  if (is("missed_copy_wait")) return check(copy_kernel, 1, kThreads, kThreads, fixed, reversed);
  if (is("missed_copy_commit")) return check(commit_kernel, 1, kThreads, kThreads, fixed, reversed);
  if (is("missing_barrier_before_ldmatrix")) {
    return check(matrix_rows_kernel, 1, kThreads, kThreads, fixed,
                 [](int i) { return static_cast<float>(i ^ 31); });
  }
  if (is("missing_fence_before_last_block")) {
    return check(last_block_kernel, 4, 5 * kThreads, kThreads, fixed,
                 [](int i) { return i == 0 ? 0.0f : 4.0f; });
  }
  if (is("divergent_barrier")) return check(divergent_kernel, 1, kThreads, kThreads, fixed, one);
  if (is("unchecked_launch")) return unchecked_launch(fixed, true);
  if (is("unchecked_launch_at_exit")) return unchecked_launch(fixed, false);
  if (is("missed_stream_wait")) return missed_wait(fixed);
  if (is("use_after_free")) return use_after_free(fixed);
  std::fprintf(stderr, "no fault is called %s\n", name);
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  return argc < 2 ? 3 : run(argv[1], argc > 2 && std::strcmp(argv[2], "fixed") == 0);
}
