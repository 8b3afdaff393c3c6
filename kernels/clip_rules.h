// SPDX-License-Identifier: MIT
// The arithmetic of clip.h, for both of its twins.
#pragma once

#include "kernels/host_device.h"

namespace kiln::kernels {

// What a gradient of that norm is multiplied by.
template <class T>
KILN_HOST_DEVICE inline T norm_clip_scale(T norm, T max_norm) {
  const T scale = max_norm / (norm + T(1e-6));
  return scale > T(1) ? T(1) : scale;
}

template <class T>
KILN_HOST_DEVICE inline T clipped(T x, T max_value) {
  return x > max_value ? max_value : x < -max_value ? -max_value : x;
}

}  // namespace kiln::kernels
