// SPDX-License-Identifier: MIT
// A training step that costs the host one call: its kernels are recorded as a CUDA graph and
// replayed. On the CPU it is called each time.
//
//   CapturedStep step(device, [&] { train_on_next_batch(); });
//   for (...) step.run();
//
// What is recorded is the work on the device, with the addresses and numbers of that call: whatever
// differs from step to step must live in device memory and move on there, as the optimizer's step
// count, the noise counter and a batch stream's place do. Host code of the step runs twice in all.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "engine/device.h"

namespace kiln {

class CapturedStep {
 public:
  CapturedStep(Device device, std::function<void()> step);
  CapturedStep(const CapturedStep&) = delete;
  CapturedStep& operator=(const CapturedStep&) = delete;
  ~CapturedStep();

  // One step. The first one runs as it is, which fills memory pools and caches; the second is
  // recorded. A step that cannot be recorded (it waits for the device, or asks for more memory than
  // the first) throws an Error. With KILN_CUDA_SYNC=1 in the environment nothing is recorded and
  // every step runs as it is, and so does one under an AnomalyGuard.
  void run();

  // Of the graph; 0 until it is recorded.
  std::size_t num_nodes() const;

 private:
  struct Recording;

  Device device_;
  std::function<void()> step_;
  std::unique_ptr<Recording> recording_;
};

}  // namespace kiln
