// SPDX-License-Identifier: MIT
#include "engine/train/streamed_steps.h"

#include <utility>

namespace kiln {

StreamedSteps::StreamedSteps(Device device, Step step, std::size_t num_kinds)
    : device_(device), step_(std::move(step)), num_kinds_(num_kinds) {}

void StreamedSteps::run(const BatchStream& batches, std::size_t kind) {
  if (recorded_.empty() || !batches_->is_same_stream(batches)) {
    recorded_.clear();
    batches_ = batches;
    for (std::size_t i = 0; i < num_kinds_; ++i) {
      recorded_.emplace_back(device_, [this, i] { step_(*batches_, i); });
    }
  }
  recorded_[kind].run();
}

std::size_t StreamedSteps::num_nodes(std::size_t kind) const {
  return recorded_.empty() ? 0 : recorded_[kind].num_nodes();
}

}  // namespace kiln
