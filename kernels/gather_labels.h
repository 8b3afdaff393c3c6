// SPDX-License-Identifier: MIT
// The labels of the batch that gather_rows (gather.h) makes of the same indices:
//   out[i] = labels[indices[first + i]]      for out (batch), int32
// with `first` as there. A cursor is read and left where it is: gather_rows moves it on, so call
// this one first.
#pragma once

#include <cstdint>

#include "kernels/gather.h"
#include "kernels/stream.h"

namespace kiln::kernels {

void gather_labels(CpuStream stream, const std::uint8_t* labels, RowIndices indices,
                   std::int64_t batch, std::int32_t* out);
void gather_labels(CudaStream stream, const std::uint8_t* labels, RowIndices indices,
                   std::int64_t batch, std::int32_t* out);

}  // namespace kiln::kernels
