// SPDX-License-Identifier: MIT
#include <memory>
#include <type_traits>

#include "kernels/cuda_graph.h"
#include "kernels/launch.h"

namespace kiln::kernels {
namespace {

struct DestroyGraph {
  void operator()(cudaGraph_t graph) const { cudaGraphDestroy(graph); }
};
using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, DestroyGraph>;

Graph record(cudaStream_t stream, const std::function<void()>& work) {
  // Thread-local: what other threads do meanwhile does not end the capture.
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(stream, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();  // of a capture that ended early: the exception says why
    throw;
  }
  check_cuda(cudaStreamEndCapture(stream, &graph), "capture");
  return Graph(graph);
}

}  // namespace

CudaGraph::CudaGraph(CudaStream stream, const std::function<void()>& work) : stream_(stream) {
  const Graph graph = record(native(stream), work);
  check_cuda(cudaGraphGetNodes(graph.get(), nullptr, &num_nodes_), "capture");
  cudaGraphExec_t executable = nullptr;
  check_cuda(cudaGraphInstantiate(&executable, graph.get(), 0), "capture");
  executable_ = executable;
}

CudaGraph::~CudaGraph() { cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(executable_)); }

void CudaGraph::launch() const {
  LaunchInfo info;
  info.op = "captured step";
  before_launch(info, native(stream_));
  after_launch(cudaGraphLaunch(static_cast<cudaGraphExec_t>(executable_), native(stream_)), info,
               native(stream_));
}

}  // namespace kiln::kernels
