// SPDX-License-Identifier: MIT
// Images from the MNIST generator. One at a time, every weight is read for two operations: the
// floor is the bandwidth; many at a time it is the arithmetic.
#include <cstdint>
#include <string>

#include "cpu_bench.h"
#include "models/gan/gan.h"
#include "step_flops.h"

namespace kiln::bench {
namespace {

void generate(benchmark::State& state, std::int64_t batch) {
  const auto recipe = models::GanRecipe::from_name("seed");
  models::Gan gan(recipe, 784, 1, Device::cpu());
  const Tensor noise = Rng(1, Device::cpu()).normal({batch, recipe.latent_size});
  const double weights = multiply_adds(recipe.generator(784));
  const auto draw = [&] { gan.sample(noise); };
  if (batch == 1) {
    const auto bytes = static_cast<std::int64_t>(weights * sizeof(float));
    time_bytes(state, bytes, bytes, draw);
  } else {
    time_operations(state, 2 * weights * static_cast<double>(batch), draw);
  }
  state.counters["images/s"] =
      benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void add_generation_benchmarks() {
  for (const std::int64_t batch : {1, 64, 1024}) {
    add_cpu_benchmark("cpu_generate", "batch" + std::to_string(batch), generate, batch);
  }
}

}  // namespace kiln::bench
