// SPDX-License-Identifier: MIT
// The CUDA header of this name: float2, uint4, dim3 and their kind.
#pragma once

#include "cuda_emulation/vector_types.h"
