// SPDX-License-Identifier: MIT
#include "engine/optim/ema.h"

#include "engine/dispatch.h"
#include "kernels/vector.h"

namespace kiln::optim {

void update_average(const Tensor& average, const Tensor& values, double decay) {
  require_same_kind("ema", average, values);
  if (average.shape() != values.shape()) {
    throw Error("[ema] average " + to_string(average.shape()) + " does not match values " +
                to_string(values.shape()));
  }
  dispatch("ema", values, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::lerp(stream, static_cast<T>(1 - decay), values.data<T>(), average.data<T>(),
                  values.numel());
  });
}

}  // namespace kiln::optim
