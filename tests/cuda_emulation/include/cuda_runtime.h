// SPDX-License-Identifier: MIT
// The CUDA header of this name: the host's side of the runtime, and the device language.
#pragma once

#include "cuda_emulation/atomics.h"
#include "cuda_emulation/barrier.h"
#include "cuda_emulation/bits.h"
#include "cuda_emulation/index.h"
#include "cuda_emulation/launch.h"
#include "cuda_emulation/math.h"
#include "cuda_emulation/qualifiers.h"
#include "cuda_emulation/warp.h"
#include "cuda_runtime_api.h"
#include "kiln_emulated_shared.h"
