// SPDX-License-Identifier: MIT
// How precisely matrix products are computed from now on, in every thread (kernels/precision.h).
// Parameters, gradients and everything but products stay float32. A captured step keeps the
// precision that it was captured with.
#pragma once

#include <string>

#include "kernels/precision.h"

namespace kiln {

using kernels::Precision;

void set_matmul_precision(Precision precision);
Precision matmul_precision();  // fp32 at first

// Errors: a name other than fp32, tf32x3, tf32 and bf16.
Precision precision_from_name(const std::string& name);

}  // namespace kiln
