// SPDX-License-Identifier: MIT
// The environment variables that steer the emulation.
#pragma once

#include <cstdint>

namespace cuda_emulation {
/// The variable's value, or `fallback` where it is unset or no number.
std::uint64_t environment_number(const char* name, std::uint64_t fallback);
}  // namespace cuda_emulation
