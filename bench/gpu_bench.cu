// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "gpu_bench.h"
#include "kernels/cuda_device.h"

namespace kiln::bench {

using namespace kernels;

CudaStream gpu_stream() {
  static const CudaStream stream = cuda_create_stream();
  return stream;
}

GpuTimer::GpuTimer(const std::function<void()>& work, int calls) : calls_(calls) {
  const cudaStream_t stream = native(gpu_stream());
  work();  // what a first call sets up must not be captured
  check_cuda(cudaStreamSynchronize(stream), "bench");
  cudaGraph_t graph = nullptr;
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "bench");
  for (int i = 0; i < calls; ++i) work();
  check_cuda(cudaStreamEndCapture(stream, &graph), "bench");
  check_cuda(cudaGraphInstantiate(&graph_, graph, 0), "bench");
  check_cuda(cudaGraphDestroy(graph), "bench");
  check_cuda(cudaEventCreate(&begin_), "bench");
  check_cuda(cudaEventCreate(&end_), "bench");
}

GpuTimer::~GpuTimer() {
  cudaGraphExecDestroy(graph_);
  cudaEventDestroy(begin_);
  cudaEventDestroy(end_);
}

double GpuTimer::seconds_per_call(int replays) {
  const cudaStream_t stream = native(gpu_stream());
  check_cuda(cudaEventRecord(begin_, stream), "bench");
  for (int i = 0; i < replays; ++i) check_cuda(cudaGraphLaunch(graph_, stream), "bench");
  check_cuda(cudaEventRecord(end_, stream), "bench");
  check_cuda(cudaEventSynchronize(end_), "bench");
  float milliseconds = 0;
  check_cuda(cudaEventElapsedTime(&milliseconds, begin_, end_), "bench");
  return milliseconds * 1e-3 / (static_cast<double>(calls_) * replays);
}

void time_on_gpu(benchmark::State& state, const std::function<void()>& work, double per_call,
                 const char* unit) {
  constexpr int kCalls = 64;
  GpuTimer timer(work, kCalls);
  timer.seconds_per_call(3);
  for (auto _ : state) state.SetIterationTime(timer.seconds_per_call());
  state.counters[unit] =
      benchmark::Counter(per_call, benchmark::Counter::kIsIterationInvariantRate);
}

GpuArray::GpuArray(std::int64_t size, float value)
    : GpuArray(std::vector<float>(static_cast<std::size_t>(size), value)) {}

GpuArray::GpuArray(const std::vector<float>& values)
    : size_(values.size()),
      data_(static_cast<float*>(cuda_allocate(values.size() * sizeof(float)))) {
  cuda_copy_to_device(gpu_stream(), values.data(), data_, size_ * sizeof(float));
}

GpuArray::~GpuArray() { cuda_free(data_); }

std::vector<float> GpuArray::values() const {
  std::vector<float> host(size_);
  cuda_copy_to_host(gpu_stream(), data_, host.data(), host.size() * sizeof(float));
  return host;
}

}  // namespace kiln::bench
