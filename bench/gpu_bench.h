// SPDX-License-Identifier: MIT
// For benchmarks on a GPU. They exist where CUDA was built by nvcc and are registered where a GPU
// is found: the emulated device is not worth timing. Names are family/implementation/case, from
// which benchmark_tables makes one table a family with a column an implementation.
#pragma once

#include <benchmark/benchmark.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/launch.h"

namespace kiln::bench {

// The stream that the benchmarks share.
kernels::CudaStream gpu_stream();

// Seconds that one call of `work` takes on the GPU: `calls` of them captured in one graph, so that
// no host time is in it, replayed `replays` times between two events. All work stays in the L2
// cache where it fits, as it does within a training step.
class GpuTimer {
 public:
  GpuTimer(const std::function<void()>& work, int calls);
  ~GpuTimer();
  GpuTimer(const GpuTimer&) = delete;
  GpuTimer& operator=(const GpuTimer&) = delete;

  double seconds_per_call(int replays = 1);

 private:
  int calls_;
  cudaGraphExec_t graph_ = nullptr;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
};

// Times `work` by manual time; `per_call` is counted once a call, as a rate called `unit`.
void time_on_gpu(benchmark::State& state, const std::function<void()>& work, double per_call,
                 const char* unit);

// Floats in device memory.
class GpuArray {
 public:
  GpuArray(std::int64_t size, float value);
  explicit GpuArray(const std::vector<float>& values);
  ~GpuArray();
  GpuArray(const GpuArray&) = delete;
  GpuArray& operator=(const GpuArray&) = delete;
  float* data() const { return data_; }
  std::vector<float> values() const;

 private:
  std::size_t size_;
  float* data_;
};

}  // namespace kiln::bench
