// SPDX-License-Identifier: MIT
// The CUDA header of this name: the host's side of the runtime.
#pragma once

#include "cuda_emulation/device.h"
#include "cuda_emulation/error.h"
#include "cuda_emulation/graph.h"
#include "cuda_emulation/memory.h"
#include "cuda_emulation/stream.h"
#include "cuda_emulation/vector_types.h"
