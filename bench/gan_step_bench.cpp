// SPDX-License-Identifier: MIT
// Whole training steps of the GAN: wall time, and floating-point operations of the matrix products.
#include <benchmark/benchmark.h>

#include "models/gan/gan.h"

namespace {

using namespace kiln;

// Each weight of a linear layer is used once an image.
double multiply_adds(const models::ChainConfig& layers) {
  double total = 0;
  for (const auto& layer : layers)
    total += static_cast<double>(element_count(layer.weight_shape()));
  return total;
}

// Matrix products of recipe `seed`, in passes over a network: the generator runs forward twice and
// backward once (two products), the discriminator forward three times, backward on two batches and,
// towards the image alone, on a third. First layers have no input gradient.
double seed_step_flops(const models::GanRecipe& recipe, double batch) {
  const models::ChainConfig g = recipe.generator(784), d = recipe.discriminator(784);
  const double g_first = multiply_adds({g[0]}), d_first = multiply_adds({d[0]});
  return 2 * batch * (4 * multiply_adds(g) - g_first + 8 * multiply_adds(d) - 2 * d_first);
}

void gan_step(benchmark::State& state, const char* recipe_name) {
  set_num_threads(static_cast<int>(state.range(1)));
  const auto recipe = models::GanRecipe::from_name(recipe_name);
  models::Gan gan(recipe, 784, 1, Device::cpu());
  const Tensor real = Rng(1, Device::cpu()).uniform({state.range(0), 784});
  for (int warm_up = 0; warm_up < 3; ++warm_up) gan.train_step(real);
  for (auto _ : state) gan.train_step(real);
  state.counters["images/s"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                                  benchmark::Counter::kIsIterationInvariantRate);
  if (recipe.r1 == 0) {
    state.counters["FLOP/s"] =
        benchmark::Counter(seed_step_flops(recipe, static_cast<double>(state.range(0))),
                           benchmark::Counter::kIsIterationInvariantRate);
  }
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"batch", "threads"})->ArgsProduct({{64, 128, 512}, {1, 2}})->UseRealTime();
}

BENCHMARK_CAPTURE(gan_step, seed, "seed")->Apply(sizes);
BENCHMARK_CAPTURE(gan_step, stable, "stable")->Apply(sizes);

}  // namespace
