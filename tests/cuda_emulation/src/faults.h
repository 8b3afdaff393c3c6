// SPDX-License-Identifier: MIT
// Faults: what the emulation finds wrong. Each is one line on stderr, and most are the sticky error
// that every later call returns, as after a fault of a real device.
#pragma once

#include <source_location>
#include <string>

#include "cuda_emulation/error.h"

namespace cuda_emulation {

/// Prints "[cuda_emulation] <message>" and counts it.
void report(const std::string& message);

/// report(), and `error` becomes the device's sticky error unless there is one already.
void raise_fault(cudaError_t error, const std::string& message);

/// The sticky error, or cudaSuccess.
cudaError_t sticky_error();
void forget_faults();

/// "path/file.cu:12"
std::string place(const std::source_location& site);

}  // namespace cuda_emulation
