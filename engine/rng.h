// SPDX-License-Identifier: MIT
// Random tensors. A stream is a seed and a counter on the device; each draw uses the counter's
// value and moves it on by one, so equal seeds give equal sequences, on any device (see
// kernels/noise.h).
#pragma once

#include <cstdint>
#include <string>

#include "engine/state.h"
#include "engine/tensor.h"

namespace kiln {

class Rng {
 public:
  Rng(std::uint64_t seed, Device device);

  // Values in (0, 1].
  Tensor uniform(Shape shape);
  void uniform_into(const Tensor& out);
  // Mean 0, variance 1.
  Tensor normal(Shape shape);
  void normal_into(const Tensor& out);

  std::uint64_t seed() const { return seed_; }
  // Number of draws so far, on the device.
  const Tensor& counter() const { return counter_; }
  void visit_state(StateVisitor& visitor, const std::string& name) const {
    visitor.visit(name + ".counter", counter_);
  }

 private:
  std::uint64_t seed_;
  Tensor counter_;  // uint64 (1)
};

// An independent seed for each purpose of one user-given seed (a SplitMix64 step: Steele, Lea,
// Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t purpose);

}  // namespace kiln
