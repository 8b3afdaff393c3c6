// SPDX-License-Identifier: MIT
#include "engine/tensor.h"
#include "kernels/stream.h"

#if __has_include("models/draw.h") || __has_include("kiln/models/models/draw.h")
#error "kiln::engine lets its users include models"
#endif
