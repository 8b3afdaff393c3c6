// SPDX-License-Identifier: MIT
// What the optimizers' kernels share: one pass over a parameter arena. A rule's
// update(state, p, grad, m, v) changes one parameter and what the rule remembers of it; its state
// lives in the device's memory and every pass leaves it ready for the next, so that a recorded
// training step moves on when it is replayed (adam.h, rmsprop.h, sgd.h). A state has no padding:
// its bytes go into checkpoints.
#pragma once

#include <cstdint>

#include "kernels/host_device.h"

namespace kiln::kernels {

// All arrays have n elements. `average` may be null; so may v, and m too, where the rule has no use
// for them: it then sees 0, and what it writes there is lost.
template <class T>
struct ParameterArrays {
  T* p = nullptr;
  const T* grad = nullptr;
  T* m = nullptr;
  T* v = nullptr;
  T* average = nullptr;
  std::int64_t n = 0;
};

// The part of the learning rate in update t = 1, 2, ...: it rises to 1 in `warmup_steps` updates.
KILN_HOST_DEVICE inline double warmup_scale(std::int64_t t, std::int64_t warmup_steps) {
  return t < warmup_steps ? static_cast<double>(t) / static_cast<double>(warmup_steps) : 1;
}

// What the parameters weigh in their exponential moving average at update t:
//   average = average + (1 - d) (p - average)   d = min(decay, (1 + t)/(10 + t))
// It starts short and lengthens, so that it forgets the initial weights. This is 1 - d.
KILN_HOST_DEVICE inline double average_weight(std::int64_t t, double decay) {
  const double ramp = (1 + static_cast<double>(t)) / (10 + static_cast<double>(t));
  return 1 - (ramp < decay ? ramp : decay);
}

// What changes from update to update, of a rule with nothing more to remember for all parameters
// together.
template <class T>
struct UpdateState {
  double warmup = 1;     // of the coming update: min(1, t/warmup_steps)
  std::int64_t t = 0;    // number of the coming update
  T learning_rate = 0;   // may be written from the host at any time
  T average_weight = 0;  // 1 - d

  // The state before the first update.
  template <class Config>
  static UpdateState first(const Config& config) {
    UpdateState state;
    state.learning_rate = static_cast<T>(config.learning_rate);
    state.advance(config);
    return state;
  }

  template <class Config>
  KILN_HOST_DEVICE void advance(const Config& config) {
    ++t;
    warmup = warmup_scale(t, config.warmup_steps);
    average_weight = static_cast<T>(kernels::average_weight(t, config.average_decay));
  }
};
static_assert(sizeof(UpdateState<float>) == 24, "padding");

}  // namespace kiln::kernels
