// SPDX-License-Identifier: MIT
// Matrix product op(a) op(b), where op transposes if asked: (m,k) x (k,n) -> (m,n).
#pragma once

#include "engine/tensor.h"

namespace kiln {

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

// out = op(a) op(b), or out += ... if accumulate, for matrices that are known to fit. Not recorded.
void matmul_into(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b,
                 const Tensor& out, bool accumulate);

}  // namespace kiln
