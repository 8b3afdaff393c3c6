// SPDX-License-Identifier: MIT
// Capture and replay: nodes, forks, and what capture forbids.
#include <cublas_v2.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "launch.h"

namespace {

__global__ void add_kernel(int* x, int value) { x[0] += value; }
__global__ void combine_kernel(int* x) { x[2] = x[0] * 10 + x[1]; }

class Graphs : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(cudaStreamCreate(&stream_), cudaSuccess);
    ASSERT_EQ(cudaStreamCreate(&other_), cudaSuccess);
  }
  void TearDown() override {
    EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(other_), cudaSuccess);
    cudaGetLastError();
  }
  void begin() {
    ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  }
  /// Ends a capture that a forbidden call has spoilt.
  void expect_invalidated() {
    cudaStreamCaptureStatus status;
    ASSERT_EQ(cudaStreamIsCapturing(stream_, &status), cudaSuccess);
    EXPECT_EQ(status, cudaStreamCaptureStatusInvalidated);
    cudaGraph_t graph;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
    EXPECT_EQ(graph, nullptr);
    ASSERT_EQ(cudaStreamIsCapturing(stream_, &status), cudaSuccess);
    EXPECT_EQ(status, cudaStreamCaptureStatusNone);
  }

  cudaStream_t stream_ = nullptr, other_ = nullptr;
  DeviceArray<int> x_{std::vector<int>{0, 0, 0}};
};

TEST_F(Graphs, ReplayWhatWasCaptured) {
  begin();
  ASSERT_EQ(cudaMemsetAsync(x_.data(), 0, sizeof(int), stream_), cudaSuccess);
  ASSERT_EQ(launch(add_kernel, 1, 1, 0, stream_, x_.data(), 3), cudaSuccess);
  ASSERT_EQ(
      cudaMemcpyAsync(x_.data() + 1, x_.data(), sizeof(int), cudaMemcpyDeviceToDevice, stream_),
      cudaSuccess);
  ASSERT_EQ(launch(add_kernel, 1, 1, 0, stream_, x_.data() + 2, 1), cudaSuccess);
  cudaGraph_t graph;
  ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);

  std::size_t count = 0;
  ASSERT_EQ(cudaGraphGetNodes(graph, nullptr, &count), cudaSuccess);
  ASSERT_EQ(count, 4u);
  cudaGraphNode_t nodes[4];
  ASSERT_EQ(cudaGraphGetNodes(graph, nodes, &count), cudaSuccess);
  std::vector<int> types;
  for (const cudaGraphNode_t node : nodes) {
    cudaGraphNodeType type;
    ASSERT_EQ(cudaGraphNodeGetType(node, &type), cudaSuccess);
    types.push_back(type);
  }
  EXPECT_EQ(types, (std::vector<int>{cudaGraphNodeTypeMemset, cudaGraphNodeTypeKernel,
                                     cudaGraphNodeTypeMemcpy, cudaGraphNodeTypeKernel}));

  cudaGraphExec_t executable;
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph), cudaSuccess);
  ASSERT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  EXPECT_EQ(x_.host(), (std::vector<int>{0, 0, 0}));  // capture runs nothing
  for (int i = 0; i < 3; ++i) ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(x_.host(), (std::vector<int>{3, 3, 3}));
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  EXPECT_EQ(cudaGraphLaunch(executable, stream_), cudaErrorInvalidValue);
}

TEST_F(Graphs, ForkAndJoinThroughEvents) {
  cudaEvent_t forked, joined;
  ASSERT_EQ(cudaEventCreate(&forked), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&joined), cudaSuccess);
  begin();
  ASSERT_EQ(cudaEventRecord(forked, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(other_, forked, 0), cudaSuccess);
  ASSERT_EQ(launch(add_kernel, 1, 1, 0, stream_, x_.data(), 1), cudaSuccess);
  ASSERT_EQ(launch(add_kernel, 1, 1, 0, other_, x_.data() + 1, 2), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(joined, other_), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(stream_, joined, 0), cudaSuccess);
  ASSERT_EQ(launch(combine_kernel, 1, 1, 0, stream_, x_.data()), cudaSuccess);
  cudaGraph_t graph;
  ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  cudaGraphExec_t executable;
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph), cudaSuccess);
  for (int i = 1; i <= 8; ++i) {
    ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
    EXPECT_EQ(x_.host(), (std::vector<int>{i, 2 * i, 12 * i}));
  }
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(forked), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(joined), cudaSuccess);
}

TEST_F(Graphs, RefuseWorkThatWasNotJoined) {
  cudaEvent_t forked;
  ASSERT_EQ(cudaEventCreate(&forked), cudaSuccess);
  begin();
  ASSERT_EQ(cudaEventRecord(forked, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(other_, forked, 0), cudaSuccess);
  ASSERT_EQ(launch(add_kernel, 1, 1, 0, other_, x_.data(), 1), cudaSuccess);
  cudaGraph_t graph;
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureUnjoined);
  EXPECT_EQ(cudaEventDestroy(forked), cudaSuccess);
}

TEST_F(Graphs, SynchronisingSpoilsACapture) {
  begin();
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(launch(add_kernel, 1, 1, 0, stream_, x_.data(), 1), cudaErrorStreamCaptureInvalidated);
  expect_invalidated();
  begin();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
  expect_invalidated();
}

TEST_F(Graphs, AllocatingSpoilsACapture) {
  float* memory = nullptr;
  begin();
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorStreamCaptureUnsupported);
  expect_invalidated();
  begin();
  EXPECT_EQ(cudaMallocAsync(&memory, 16, stream_), cudaErrorStreamCaptureUnsupported);
  expect_invalidated();
}

TEST_F(Graphs, TheNullStreamSpoilsACapture) {
  begin();
  int value = 0;
  EXPECT_EQ(cudaMemcpy(&value, x_.data(), sizeof value, cudaMemcpyDeviceToHost),
            cudaErrorStreamCaptureUnsupported);
  expect_invalidated();
  begin();
  EXPECT_EQ(launch(add_kernel, 1, 1, 0, nullptr, x_.data(), 1), cudaErrorStreamCaptureImplicit);
  expect_invalidated();
}

TEST_F(Graphs, RelaxedThreadsMayAllocate) {
  const auto exchange = [](cudaStreamCaptureMode mode) {
    EXPECT_EQ(cudaThreadExchangeStreamCaptureMode(&mode), cudaSuccess);
    return mode;
  };
  const auto malloc_and_free = [] {
    void* p = nullptr;
    const cudaError_t error = cudaMalloc(&p, 4);
    return error == cudaSuccess ? cudaFree(p) : error;
  };
  begin();
  EXPECT_EQ(exchange(cudaStreamCaptureModeRelaxed), cudaStreamCaptureModeGlobal);
  EXPECT_EQ(malloc_and_free(), cudaSuccess);
  EXPECT_EQ(exchange(cudaStreamCaptureModeThreadLocal), cudaStreamCaptureModeRelaxed);
  EXPECT_EQ(malloc_and_free(), cudaErrorStreamCaptureUnsupported);
  expect_invalidated();
  EXPECT_EQ(exchange(cudaStreamCaptureModeGlobal), cudaStreamCaptureModeThreadLocal);

  // Another thread is kept from it by a global capture, unless its own mode is narrower.
  ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal), cudaSuccess);
  std::thread([&] {
    exchange(cudaStreamCaptureModeThreadLocal);
    EXPECT_EQ(malloc_and_free(), cudaSuccess);
    exchange(cudaStreamCaptureModeGlobal);
    EXPECT_EQ(malloc_and_free(), cudaErrorStreamCaptureUnsupported);
  }).join();
  expect_invalidated();
}

TEST_F(Graphs, TellWhatACaptureHasSoFar) {
  cudaStreamCaptureStatus status;
  unsigned long long id = 0, later = 0;
  EXPECT_EQ(cudaStreamGetCaptureInfo(stream_, &status, &id), cudaSuccess);
  EXPECT_EQ(status, cudaStreamCaptureStatusNone);
  EXPECT_EQ(id, 0u);
  begin();
  ASSERT_EQ(launch(add_kernel, 1, 1, 0, stream_, x_.data(), 3), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(x_.data(), 0, sizeof(int), stream_), cudaSuccess);
  cudaGraph_t graph = nullptr, captured = nullptr;
  const cudaGraphNode_t* dependencies = nullptr;
  const cudaGraphEdgeData* edges = nullptr;
  std::size_t count = 0;
  ASSERT_EQ(cudaStreamGetCaptureInfo(stream_, &status, &id, &graph, &dependencies, &edges, &count),
            cudaSuccess);
  EXPECT_EQ(status, cudaStreamCaptureStatusActive);
  ASSERT_EQ(count, 1u);
  cudaGraphNodeType type;
  ASSERT_EQ(cudaGraphNodeGetType(dependencies[0], &type), cudaSuccess);
  EXPECT_EQ(type, cudaGraphNodeTypeMemset);
  ASSERT_EQ(cudaStreamEndCapture(stream_, &captured), cudaSuccess);
  EXPECT_EQ(captured, graph);
  EXPECT_EQ(cudaGraphDestroy(captured), cudaSuccess);
  begin();
  EXPECT_EQ(cudaStreamGetCaptureInfo(stream_, &status, &later), cudaSuccess);
  EXPECT_NE(later, id);
  ASSERT_EQ(cudaStreamEndCapture(stream_, &captured), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(captured), cudaSuccess);
}

TEST_F(Graphs, TakeTheArgumentsOfAnotherCapture) {
  const auto capture = [&](int value, bool twice, bool memset_last) {
    begin();
    EXPECT_EQ(launch(add_kernel, 1, 1, 0, stream_, x_.data(), value), cudaSuccess);
    if (memset_last) {
      EXPECT_EQ(cudaMemsetAsync(x_.data() + 1, 0, sizeof(int), stream_), cudaSuccess);
    } else if (twice) {
      EXPECT_EQ(launch(add_kernel, 1, 1, 0, stream_, x_.data() + 1, value), cudaSuccess);
    }
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
    return graph;
  };
  const cudaGraph_t first = capture(1, true, false), second = capture(10, true, false);
  const cudaGraph_t shorter = capture(100, false, false), other = capture(100, true, true);
  cudaGraphExec_t executable;
  ASSERT_EQ(cudaGraphInstantiate(&executable, first), cudaSuccess);
  ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  cudaGraphExecUpdateResultInfo info;
  EXPECT_EQ(cudaGraphExecUpdate(executable, second, &info), cudaSuccess);
  EXPECT_EQ(info.result, cudaGraphExecUpdateSuccess);
  ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  EXPECT_EQ(cudaGraphExecUpdate(executable, shorter, &info), cudaErrorGraphExecUpdateFailure);
  EXPECT_EQ(info.result, cudaGraphExecUpdateErrorTopologyChanged);
  EXPECT_EQ(cudaGraphExecUpdate(executable, other, &info), cudaErrorGraphExecUpdateFailure);
  EXPECT_EQ(info.result, cudaGraphExecUpdateErrorNodeTypeChanged);
  EXPECT_NE(info.errorNode, nullptr);
  for (const cudaGraph_t graph : {first, second, shorter, other}) cudaGraphDestroy(graph);
  ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(x_.host(), (std::vector<int>{21, 21, 0}));
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
}

TEST_F(Graphs, HoldCublasCalls) {
  cublasHandle_t handle;
  ASSERT_EQ(cublasCreate(&handle), CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cublasSetStream(handle, stream_), CUBLAS_STATUS_SUCCESS);
  DeviceArray<float> a(std::vector<float>{2}), c(std::vector<float>{1});
  const float one = 1.0f;
  begin();
  ASSERT_EQ(cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.data(), 1, a.data(), 1,
                        &one, c.data(), 1),
            CUBLAS_STATUS_SUCCESS);
  cudaGraph_t graph;
  ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  cudaGraphExec_t executable;
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph), cudaSuccess);
  for (int i = 0; i < 2; ++i) ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
  EXPECT_EQ(c.host()[0], 9.0f);
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  EXPECT_EQ(cublasDestroy(handle), CUBLAS_STATUS_SUCCESS);
}

}  // namespace
