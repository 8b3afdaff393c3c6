// SPDX-License-Identifier: MIT
// Dropout: in training mode, with masks of its own random stream; otherwise nothing happens.
#pragma once

#include <cstdint>
#include <string>

#include "engine/nn/module.h"
#include "engine/rng.h"

namespace kiln::nn {

class Dropout final : public Module {
 public:
  // Equal seeds give equal masks on every device. Errors, at the first use: a rate outside [0, 1].
  Dropout(double rate, std::uint64_t seed, Device device) : rate_(rate), rng_(seed, device) {}

  Tensor forward(const Tensor& x) override;
  void visit_state(StateVisitor& visitor, const std::string& name) const override {
    rng_.visit_state(visitor, name);
  }

 private:
  double rate_;
  Rng rng_;
};

}  // namespace kiln::nn
