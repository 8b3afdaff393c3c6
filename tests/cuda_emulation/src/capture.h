// SPDX-License-Identifier: MIT
// Stream capture, graphs, and the one way in which work gets onto a stream or into a graph.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "cuda_emulation/graph.h"
#include "stream_queue.h"

struct CUgraphNode_st {
  cudaGraphNodeType type;
  std::function<void()> run;
  std::vector<std::size_t> after;  // indices of the nodes that run before
};

struct CUgraph_st {
  std::vector<std::shared_ptr<CUgraphNode_st>> nodes;
};

struct CUgraphExec_st {
  std::vector<std::shared_ptr<CUgraphNode_st>> nodes;
};

struct CUevent_st {
  bool timed = true;
  std::shared_ptr<cuda_emulation::EventRecord> record;  // null before the first
  cuda_emulation::Capture* capture = nullptr;           // where it was last recorded, if in one
  std::uint64_t capture_id = 0;
  std::vector<std::size_t> capture_tail;
};

namespace cuda_emulation {

struct Capture {
  std::uint64_t id;
  cudaStreamCaptureMode mode;
  std::thread::id thread;
  CUstream_st* origin;
  bool invalidated = false;
  std::unique_ptr<CUgraph_st> graph = std::make_unique<CUgraph_st>();
  std::vector<cudaGraphNode_t> dependencies = {};  // as last told by cudaStreamGetCaptureInfo
};

/// Puts work onto the stream, or into the graph that the stream is captured into.
cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type, std::function<void()> run);

/// For calls that may not happen while a stream is captured: invalidates the captures that forbid
/// them. cudaSuccess where there is none.
cudaError_t forbid_in_capture();
/// For calls that use the null stream: it may not meet a capture in a blocking stream.
cudaError_t forbid_null_stream_in_capture();
/// For calls that would wait for a captured stream.
cudaError_t invalidate(Capture& capture);

/// False once the capture with this number has ended.
bool is_active(const Capture* capture, std::uint64_t id);

/// Runs the nodes in a random order that respects their dependencies.
void run_nodes(const std::vector<std::shared_ptr<CUgraphNode_st>>& nodes);

}  // namespace cuda_emulation
