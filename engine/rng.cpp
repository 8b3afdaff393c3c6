// SPDX-License-Identifier: MIT
#include "engine/rng.h"

#include <string>

#include "engine/dispatch.h"
#include "kernels/noise.h"

namespace kiln {
namespace {

void require_same_device(const char* op, const Tensor& counter, const Tensor& out) {
  if (counter.device() == out.device()) return;
  throw Error(std::string("[") + op + "] the generator is on " + counter.device().name() +
              ", the output on " + out.device().name());
}

}  // namespace

Rng::Rng(std::uint64_t seed, Device device)
    : seed_(seed), counter_(Tensor::from_host(std::vector<std::uint64_t>{0}, {1}, device)) {}

void Rng::uniform_into(const Tensor& out) {
  require_same_device("uniform", counter_, out);
  dispatch("uniform", out, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::random_uniform(stream, seed_, counter_.data<std::uint64_t>(), out.data<T>(),
                            out.numel());
  });
}

void Rng::normal_into(const Tensor& out) {
  require_same_device("normal", counter_, out);
  dispatch("normal", out, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::random_normal(stream, seed_, counter_.data<std::uint64_t>(), out.data<T>(),
                           out.numel());
  });
}

Tensor Rng::uniform(Shape shape) {
  Tensor out = Tensor::empty(std::move(shape), counter_.device());
  uniform_into(out);
  return out;
}

Tensor Rng::normal(Shape shape) {
  Tensor out = Tensor::empty(std::move(shape), counter_.device());
  normal_into(out);
  return out;
}

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t purpose) {
  std::uint64_t z = seed + (purpose + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace kiln
