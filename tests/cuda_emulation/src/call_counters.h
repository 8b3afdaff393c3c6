// SPDX-License-Identifier: MIT
// The runtime's own view of the counters in cuda_emulation/counters.h.
#pragma once

#include "cuda_emulation/counters.h"

namespace cuda_emulation {
Counters& call_counters();
}
