// SPDX-License-Identifier: MIT
// Whole training steps of the GAN, as an application trains: batches out of a data set in memory.
#include <cstdint>
#include <string>

#include "cpu_bench.h"
#include "grey_batches.h"
#include "models/gan/gan.h"
#include "step_flops.h"

namespace kiln::bench {
namespace {

void gan_step(benchmark::State& state, const char* recipe_name, std::int64_t batch,
              Precision precision) {
  set_matmul_precision(precision);
  const auto recipe = models::GanRecipe::from_name(recipe_name);
  models::Gan gan(recipe, 784, 1, Device::cpu());
  const BatchStream batches = grey_batches(batch, Device::cpu());
  time_operations(
      state, gan_step_flops(recipe, static_cast<double>(batch)), [&] { gan.train_step(batches); },
      precision);
  set_matmul_precision(Precision::fp32);
}

}  // namespace

void add_gan_step_benchmarks() {
  for (const char* recipe : {"seed", "stable"}) {
    for (const std::int64_t batch : {64, 128, 512}) {
      for (const Precision precision : step_precisions()) {
        add_cpu_benchmark("cpu_gan_step",
                          recipe + ("_batch" + std::to_string(batch)) + suffix_of(precision),
                          gan_step, recipe, batch, precision);
      }
    }
  }
}

}  // namespace kiln::bench
