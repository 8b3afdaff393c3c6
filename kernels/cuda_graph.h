// SPDX-License-Identifier: MIT
// A stream's work recorded as a CUDA graph and replayed with one call. Exists in CUDA builds only.
#pragma once

#include <cstddef>
#include <functional>

#include "kernels/stream.h"

namespace kiln::kernels {

// Whether KILN_CUDA_SYNC=1 asks for a wait after every launch, so that an error names its kernel.
// In a graph kernels have no names.
bool cuda_launches_synchronise();

class CudaGraph {
 public:
  // Records what `work` queues on `stream`, without running it. `work` must neither allocate device
  // memory nor wait for the device. An exception from it, or work that cannot be recorded, leaves
  // the stream as it was.
  CudaGraph(CudaStream stream, const std::function<void()>& work);
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;
  ~CudaGraph();

  // Queues the recorded work.
  void launch() const;
  std::size_t num_nodes() const { return num_nodes_; }

 private:
  CudaStream stream_;
  void* executable_ = nullptr;  // a cudaGraphExec_t
  std::size_t num_nodes_ = 0;
};

}  // namespace kiln::kernels
