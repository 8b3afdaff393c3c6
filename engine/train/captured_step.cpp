// SPDX-License-Identifier: MIT
#include "engine/train/captured_step.h"

#include <optional>

#include "engine/autograd/anomaly.h"
#include "engine/memory_pool.h"
#ifdef KILN_HAS_CUDA
#include "kernels/cuda_graph.h"
#endif

namespace kiln {

// The graph goes before the memory that it uses.
struct CapturedStep::Recording {
  explicit Recording(MemoryPool& pool) : reserve(pool) {}

  MemoryPool::Reserve reserve;
#ifdef KILN_HAS_CUDA
  std::optional<kernels::CudaGraph> graph;
#endif
  bool warm = false;
};

CapturedStep::CapturedStep(Device device, std::function<void()> step)
    : device_(device), step_(std::move(step)) {
  if (!device.is_cpu()) recording_ = std::make_unique<Recording>(device.pool());
}

CapturedStep::~CapturedStep() = default;

void CapturedStep::run() {
  if (recording_ == nullptr || anomaly_detection_enabled()) return step_();
#ifdef KILN_HAS_CUDA
  if (kernels::cuda_launches_synchronise()) return step_();
  Recording& recording = *recording_;
  if (!recording.warm) {
    const MemoryPool::ReserveScope scope(recording.reserve);
    step_();
    recording.warm = true;
    return;
  }
  if (!recording.graph) {
    const MemoryPool::ReserveScope scope(recording.reserve);
    device_.run([&](auto stream) {
      if constexpr (std::is_same_v<decltype(stream), kernels::CudaStream>) {
        recording.graph.emplace(stream, step_);
      }
    });
  }
  recording.graph->launch();
#endif
}

std::size_t CapturedStep::num_nodes() const {
#ifdef KILN_HAS_CUDA
  if (recording_ != nullptr && recording_->graph) return recording_->graph->num_nodes();
#endif
  return 0;
}

}  // namespace kiln
