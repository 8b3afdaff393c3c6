// SPDX-License-Identifier: MIT
// Stream capture.
#include "capture.h"

#include <algorithm>

#include "call_counters.h"
#include "random.h"
#include "runtime.h"

namespace cuda_emulation {
namespace {

std::vector<std::unique_ptr<Capture>>& captures() {
  static auto* active = new std::vector<std::unique_ptr<Capture>>;
  return *active;
}

cudaStreamCaptureMode& thread_mode() {
  thread_local cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  return mode;
}

/// Whether the calling thread may not do what is unsafe during this capture.
bool forbids(const Capture& capture) {
  if (thread_mode() == cudaStreamCaptureModeRelaxed) return false;
  if (capture.thread == std::this_thread::get_id()) {
    return capture.mode != cudaStreamCaptureModeRelaxed;
  }
  return capture.mode == cudaStreamCaptureModeGlobal &&
         thread_mode() == cudaStreamCaptureModeGlobal;
}

void count(cudaGraphNodeType type) {
  Counters& counters = call_counters();
  counters.launches += type == cudaGraphNodeTypeKernel;
  counters.copies += type == cudaGraphNodeTypeMemcpy;
  counters.memsets += type == cudaGraphNodeTypeMemset;
  counters.graph_launches += type == cudaGraphNodeTypeGraph;
}

/// Whether every node is one that `tail` depends on, or in it.
bool all_joined(const CUgraph_st& graph, const std::vector<std::size_t>& tail) {
  std::vector<bool> reached(graph.nodes.size(), false);
  std::vector<std::size_t> open = tail;
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    if (reached[node]) continue;
    reached[node] = true;
    open.insert(open.end(), graph.nodes[node]->after.begin(), graph.nodes[node]->after.end());
  }
  return std::find(reached.begin(), reached.end(), false) == reached.end();
}

}  // namespace

cudaError_t invalidate(Capture& capture) {
  capture.invalidated = true;
  return cudaErrorStreamCaptureUnsupported;
}

cudaError_t forbid_in_capture() {
  cudaError_t error = cudaSuccess;
  for (const auto& capture : captures()) {
    if (forbids(*capture)) error = invalidate(*capture);
  }
  return error;
}

cudaError_t forbid_null_stream_in_capture() {
  cudaError_t error = cudaSuccess;
  for (const auto& capture : captures()) {
    if (!capture->origin->blocking) continue;
    capture->invalidated = true;
    error = cudaErrorStreamCaptureImplicit;
  }
  return error;
}

bool is_active(const Capture* capture, std::uint64_t id) {
  return std::any_of(captures().begin(), captures().end(), [=](const auto& active) {
    return active.get() == capture && active->id == id;
  });
}

cudaError_t enqueue(cudaStream_t handle, cudaGraphNodeType type, std::function<void()> run) {
  CUstream_st* stream = streams().find(handle);
  if (stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (Capture* capture = stream->capture) {
    if (capture->invalidated) return cudaErrorStreamCaptureInvalidated;
    auto& nodes = capture->graph->nodes;
    nodes.push_back(std::make_shared<CUgraphNode_st>(
        CUgraphNode_st{type, std::move(run), stream->capture_tail}));
    stream->capture_tail = {nodes.size() - 1};
    return cudaSuccess;
  }
  if (stream == streams().null_stream()) {
    if (const cudaError_t error = forbid_null_stream_in_capture()) return error;
  }
  streams().push(stream, std::move(run));
  count(type);
  return cudaSuccess;
}

void run_nodes(const std::vector<std::shared_ptr<CUgraphNode_st>>& nodes) {
  std::vector<std::size_t> waits_for(nodes.size());
  std::vector<std::vector<std::size_t>> followers(nodes.size());
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    waits_for[i] = nodes[i]->after.size();
    for (const std::size_t before : nodes[i]->after) followers[before].push_back(i);
    if (waits_for[i] == 0) ready.push_back(i);
  }
  while (!ready.empty() && sticky_error() == cudaSuccess) {
    std::swap(ready[schedule_random().below(static_cast<std::uint32_t>(ready.size()))],
              ready.back());
    const std::size_t node = ready.back();
    ready.pop_back();
    ++call_counters().graph_nodes;
    if (nodes[node]->run) nodes[node]->run();
    for (const std::size_t follower : followers[node]) {
      if (--waits_for[follower] == 0) ready.push_back(follower);
    }
  }
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream == streams().null_stream()) return cudaErrorStreamCaptureUnsupported;
    if (stream->capture != nullptr) return cudaErrorIllegalState;
    static std::uint64_t last_id = 0;
    captures().push_back(
        std::make_unique<Capture>(Capture{++last_id, mode, std::this_thread::get_id(), stream}));
    stream->capture = captures().back().get();
    stream->capture_tail.clear();
    return cudaSuccess;
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  return api_call([&] {
    *graph = nullptr;
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    Capture* capture = stream->capture;
    if (capture == nullptr) return cudaErrorIllegalState;
    if (capture->origin != stream) {
      capture->invalidated = true;
      return cudaErrorStreamCaptureUnmatched;
    }
    if (capture->mode != cudaStreamCaptureModeRelaxed &&
        capture->thread != std::this_thread::get_id()) {
      return cudaErrorStreamCaptureWrongThread;
    }
    cudaError_t error = cudaSuccess;
    if (capture->invalidated) {
      error = cudaErrorStreamCaptureInvalidated;
    } else if (!all_joined(*capture->graph, stream->capture_tail)) {
      error = cudaErrorStreamCaptureUnjoined;
    } else {
      *graph = capture->graph.release();
    }
    streams().leave_capture(capture);
    std::erase_if(captures(), [=](const auto& active) { return active.get() == capture; });
    return error;
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return cudaStreamGetCaptureInfo(handle, status);
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus* status,
                                     unsigned long long* id, cudaGraph_t* graph,
                                     const cudaGraphNode_t** dependencies,
                                     const cudaGraphEdgeData** edges,
                                     std::size_t* dependency_count) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (status == nullptr) return cudaErrorInvalidValue;
    Capture* capture = stream->capture;
    *status = capture == nullptr     ? cudaStreamCaptureStatusNone
              : capture->invalidated ? cudaStreamCaptureStatusInvalidated
                                     : cudaStreamCaptureStatusActive;
    if (*status != cudaStreamCaptureStatusActive) return cudaSuccess;
    capture->dependencies.clear();
    for (const std::size_t node : stream->capture_tail) {
      capture->dependencies.push_back(capture->graph->nodes[node].get());
    }
    if (id != nullptr) *id = capture->id;
    if (graph != nullptr) *graph = capture->graph.get();
    if (dependencies != nullptr) *dependencies = capture->dependencies.data();
    if (edges != nullptr) *edges = nullptr;
    if (dependency_count != nullptr) *dependency_count = capture->dependencies.size();
    return cudaSuccess;
  });
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return api_call([&] {
    if (mode == nullptr) return cudaErrorInvalidValue;
    std::swap(*mode, thread_mode());
    return cudaSuccess;
  });
}
