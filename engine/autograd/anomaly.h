// SPDX-License-Identifier: MIT
// Finds the op where numbers go wrong. While an AnomalyGuard lives on this thread, every op of the
// graph checks what it gives, backward() every gradient and an optimizer its weights and moments: a
// NaN or an infinity throws a NotFiniteError that names the op. Each check waits for the device,
// and captured steps run as they are; so this is for doing a step again that has failed.
#pragma once

#include "engine/tensor.h"
#include "kernels/error.h"

namespace kiln {

class NotFiniteError : public Error {
 public:
  using Error::Error;
};

bool anomaly_detection_enabled();

class AnomalyGuard {
 public:
  AnomalyGuard();
  AnomalyGuard(const AnomalyGuard&) = delete;
  AnomalyGuard& operator=(const AnomalyGuard&) = delete;
  ~AnomalyGuard();

 private:
  bool previous_;
};

// Whether a float32 or float64 tensor holds no NaN and no infinity; true for other types. Waits for
// the device.
bool all_finite(const Tensor& tensor);

// Throws a NotFiniteError, "<what> of '<op>' is not finite", where detection is on and `tensor` is
// not all finite.
void detect_anomaly(const char* what, const char* op, const Tensor& tensor);

}  // namespace kiln
