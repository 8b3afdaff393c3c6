// SPDX-License-Identifier: MIT
// activation_backward.h on CUDA: dz and db leave one read of dy and y.
#include <type_traits>

#include "kernels/activation_backward.h"
#include "kernels/column_strip.cuh"
#include "kernels/elementwise.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

// x is not kept: an activation's derivative is a function of y (activation.h).
template <class Act>
__global__ void activation_gradient_kernel(Act act, const float* dy, const float* y, float* dz,
                                           std::int64_t n) {
  if constexpr (std::is_same_v<Act, Identity>) {
    map_elements(
        n, dz, [](float dyi) { return dyi; }, dy);
  } else {
    const auto gradient = [&](float dyi, float yi) { return dyi * act.derivative(yi, yi); };
    map_elements(n, dz, gradient, dy, y);
  }
}

template <class Act>
__global__ void activation_bias_gradient_kernel(int width_log2, Act act, const float* dy,
                                                const float* y, float* dz, float* db,
                                                std::int64_t rows, std::int64_t cols,
                                                bool accumulate) {
  const auto gradient = [&](std::int64_t i) {
    if constexpr (std::is_same_v<Act, Identity>) {
      return dy[i];
    } else {
      return dy[i] * act.derivative(y[i], y[i]);
    }
  };
  const auto keep = [&](std::int64_t i, float gradient_i) {
    if (dz != nullptr) dz[i] = gradient_i;
  };
  sum_strip(width_log2, rows, cols, gradient, keep, db, accumulate);
}

// ---- launchers

void activation_backward(CudaStream stream, Activation activation, const float* dy, const float* y,
                         float* dz, float* db, std::int64_t rows, std::int64_t cols,
                         bool accumulate) {
  if (cols == 0 || (rows == 0 && (db == nullptr || accumulate))) return;
  with_activation(activation, [&](auto act) {
    using Act = decltype(act);
    if (db != nullptr) {
      launch("activation_backward", activation_bias_gradient_kernel<Act>, strips_of(cols),
             kBlockSize, 0, stream, strip_width_log2(cols), act, dy, y, dz, db, rows, cols,
             accumulate);
    } else if (dz != nullptr) {
      launch("activation_backward", activation_gradient_kernel<Act>, blocks_for_packs(rows * cols),
             kBlockSize, 0, stream, act, dy, y, dz, rows * cols);
    }
  });
}

}  // namespace kiln::kernels
