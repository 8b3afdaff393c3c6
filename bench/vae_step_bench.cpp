// SPDX-License-Identifier: MIT
// Whole training steps of the VAE 784-400-20, out of a data set in memory.
#include <cstdint>
#include <string>

#include "cpu_bench.h"
#include "grey_batches.h"
#include "models/vae/vae.h"
#include "step_flops.h"

namespace kiln::bench {
namespace {

void vae_step(benchmark::State& state, std::int64_t batch, Precision precision) {
  set_matmul_precision(precision);
  const auto recipe = models::VaeRecipe::from_name("basic");
  models::Vae vae(recipe, 784, 1, Device::cpu());
  const BatchStream batches = grey_batches(batch, Device::cpu());
  time_operations(
      state, vae_step_flops(recipe, static_cast<double>(batch)), [&] { vae.train_step(batches); },
      precision);
  set_matmul_precision(Precision::fp32);
}

}  // namespace

void add_vae_step_benchmarks() {
  for (const std::int64_t batch : {64, 128, 512}) {
    for (const Precision precision : step_precisions()) {
      add_cpu_benchmark("cpu_vae_step",
                        "basic_batch" + std::to_string(batch) + suffix_of(precision), vae_step,
                        batch, precision);
    }
  }
}

}  // namespace kiln::bench
