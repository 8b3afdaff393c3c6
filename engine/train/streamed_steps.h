// SPDX-License-Identifier: MIT
// A model's captured steps on the next batch of a stream: one for each kind of step, recorded anew
// for another stream.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>

#include "engine/data/batch_stream.h"
#include "engine/train/captured_step.h"

namespace kiln {

class StreamedSteps {
 public:
  // `step` takes the next batch of `batches` and does a step of that kind: see CapturedStep. Kinds
  // are 0 .. num_kinds - 1; steps of one kind launch the same kernels.
  using Step = std::function<void(const BatchStream& batches, std::size_t kind)>;
  StreamedSteps(Device device, Step step, std::size_t num_kinds = 1);
  StreamedSteps(const StreamedSteps&) = delete;  // the recorded steps refer to this
  StreamedSteps& operator=(const StreamedSteps&) = delete;

  void run(const BatchStream& batches, std::size_t kind = 0);
  // For buffers that have moved, or weights that have.
  void forget() { recorded_.clear(); }

  // Of a kind's graph; 0 until it is recorded.
  std::size_t num_nodes(std::size_t kind = 0) const;

 private:
  Device device_;
  Step step_;
  std::size_t num_kinds_;
  std::optional<BatchStream> batches_;  // what recorded_ is of
  std::deque<CapturedStep> recorded_;   // of every kind, or none
};

}  // namespace kiln
