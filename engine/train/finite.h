// SPDX-License-Identifier: MIT
// What a training loop says when it has diverged.
#pragma once

#include <cstdint>
#include <string>

namespace kiln {

// Throws a NotFiniteError that names `what` and the step.
[[noreturn]] void throw_not_finite(const std::string& what, std::int64_t step);
// The same unless `value` is finite.
void require_finite(const std::string& what, double value, std::int64_t step);

}  // namespace kiln
