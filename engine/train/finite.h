// SPDX-License-Identifier: MIT
// What a training loop says when it has diverged.
#pragma once

#include <cstdint>
#include <string>

namespace kiln {

// Throws an Error that names `what` and the step unless `value` is finite.
void require_finite(const std::string& what, double value, std::int64_t step);

}  // namespace kiln
