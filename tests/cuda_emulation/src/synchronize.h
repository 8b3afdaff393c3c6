// SPDX-License-Identifier: MIT
// What is done whenever the host has waited for the device.
#pragma once

#include "cuda_emulation/error.h"

namespace cuda_emulation {
/// Counts the wait, checks guards and launch errors; the sticky error, if there is one.
cudaError_t after_waiting();
}  // namespace cuda_emulation
