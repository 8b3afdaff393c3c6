// SPDX-License-Identifier: MIT
// The counters that other tests rely on.
#include "cuda_emulation/counters.h"

#include <gtest/gtest.h>

#include "launch.h"

namespace {

__global__ void counted_kernel() {}

TEST(Counters, CountWhatTheHostAskedFor) {
  cudaStream_t stream;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  cuda_emulation::reset_counters();
  const std::uint64_t live = cuda_emulation::live_allocations();
  {
    DeviceArray<int> x(std::vector<int>{1});
    EXPECT_EQ(cuda_emulation::live_allocations(), live + 1);
    launch(counted_kernel, 1, 1, 0, stream);
    launch(counted_kernel, 1, 1, 0, stream);
    cudaMemsetAsync(x.data(), 0, sizeof(int), stream);
    cudaStreamSynchronize(stream);
    const auto now = cuda_emulation::counters();
    EXPECT_EQ(now.launches, 2u);
    EXPECT_EQ(now.allocations, 1u);
    EXPECT_EQ(now.frees, 0u);
    EXPECT_EQ(now.copies, 1u);
    EXPECT_EQ(now.memsets, 1u);
    EXPECT_EQ(now.synchronizations, 2u);
    EXPECT_EQ(now.faults, 0u);
  }
  EXPECT_EQ(cuda_emulation::counters().frees, 1u);
  EXPECT_EQ(cuda_emulation::live_allocations(), live);

  cuda_emulation::reset_counters();
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), cudaSuccess);
  launch(counted_kernel, 1, 1, 0, stream);
  launch(counted_kernel, 1, 1, 0, stream);
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph), cudaSuccess);
  EXPECT_EQ(cuda_emulation::counters().launches, 0u);  // captured, not launched
  cudaGraphLaunch(executable, stream);
  cudaStreamSynchronize(stream);
  EXPECT_EQ(cuda_emulation::counters().launches, 0u);
  EXPECT_EQ(cuda_emulation::counters().graph_launches, 1u);
  EXPECT_EQ(cuda_emulation::counters().graph_nodes, 2u);
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
}

}  // namespace
