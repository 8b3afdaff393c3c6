// SPDX-License-Identifier: MIT
// Graphs made by capture: inspection, instantiation, launch.
#include <set>

#include "capture.h"
#include "runtime.h"

using namespace cuda_emulation;

namespace {

std::set<cudaGraphExec_t>& live_executables() {
  static auto* all = new std::set<cudaGraphExec_t>;
  return *all;
}

/// Whether nodes captured like `to` can take the place of `from`.
cudaGraphExecUpdateResultInfo compare(const CUgraph_st& to, const CUgraphExec_st& from) {
  if (to.nodes.size() != from.nodes.size()) {
    return {cudaGraphExecUpdateErrorTopologyChanged, nullptr, nullptr};
  }
  for (std::size_t i = 0; i < to.nodes.size(); ++i) {
    CUgraphNode_st& node = *to.nodes[i];
    if (node.after != from.nodes[i]->after) {
      return {cudaGraphExecUpdateErrorTopologyChanged, &node, nullptr};
    }
    if (node.type != from.nodes[i]->type) {
      return {cudaGraphExecUpdateErrorNodeTypeChanged, &node, nullptr};
    }
  }
  return {cudaGraphExecUpdateSuccess, nullptr, nullptr};
}

}  // namespace

cudaError_t cudaGraphCreate(cudaGraph_t* graph, unsigned int flags) {
  return api_call([&] {
    if (flags != 0) return cudaErrorInvalidValue;
    *graph = new CUgraph_st;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return api_call([&] {
    if (graph == nullptr) return cudaErrorInvalidValue;
    delete graph;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  return api_call([&] {
    if (graph == nullptr || count == nullptr) return cudaErrorInvalidValue;
    const auto& all = graph->nodes;
    if (nodes == nullptr) {
      *count = all.size();
      return cudaSuccess;
    }
    for (std::size_t i = 0; i < *count; ++i) nodes[i] = i < all.size() ? all[i].get() : nullptr;
    if (*count > all.size()) *count = all.size();
    return cudaSuccess;
  });
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  return api_call([&] {
    if (node == nullptr) return cudaErrorInvalidValue;
    *type = node->type;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph,
                                 unsigned long long) {
  return api_call([&] {
    if (graph == nullptr) return cudaErrorInvalidValue;
    *executable = new CUgraphExec_st{graph->nodes};
    live_executables().insert(*executable);
    return cudaSuccess;
  });
}

cudaError_t cudaGraphUpload(cudaGraphExec_t executable, cudaStream_t stream) {
  return api_call([&] {
    if (live_executables().count(executable) == 0) return cudaErrorInvalidValue;
    return streams().find(stream) != nullptr ? cudaSuccess : cudaErrorInvalidResourceHandle;
  });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  return api_call([&] {
    if (live_executables().count(executable) == 0) return cudaErrorInvalidValue;
    return enqueue(stream, cudaGraphNodeTypeGraph,
                   [nodes = executable->nodes] { run_nodes(nodes); });
  });
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t executable, cudaGraph_t graph,
                                cudaGraphExecUpdateResultInfo* result) {
  return api_call([&] {
    if (live_executables().count(executable) == 0 || graph == nullptr || result == nullptr) {
      return cudaErrorInvalidValue;
    }
    *result = compare(*graph, *executable);
    if (result->result != cudaGraphExecUpdateSuccess) return cudaErrorGraphExecUpdateFailure;
    executable->nodes = graph->nodes;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  return api_call([&] {
    if (live_executables().erase(executable) == 0) return cudaErrorInvalidValue;
    delete executable;
    return cudaSuccess;
  });
}
