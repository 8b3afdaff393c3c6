// SPDX-License-Identifier: MIT
// Training steps on a GPU, with the images on the device already: wall time of many steps with one
// wait at their end. A graph's first steps, among them those with a penalty, are not replays: the
// warm-up has them.
#include <chrono>
#include <cstdint>
#include <string>

#include "gpu_bench.h"
#include "gpu_benchmarks.h"
#include "grey_batches.h"
#include "models/gan/gan.h"

namespace kiln::bench {
namespace {

constexpr int kStepsPerWait = 100;

template <class Step>
void time_steps(benchmark::State& state, const Device& device, Step&& step) {
  for (int warm_up = 0; warm_up < 10; ++warm_up) step();
  device.synchronize();
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kStepsPerWait; ++i) step();
    device.synchronize();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(seconds.count() / kStepsPerWait);
  }
}

// As an application trains: batches out of a data set on the device, the step replayed as a graph.
void graph_gan_step(benchmark::State& state, std::int64_t batch, const char* recipe) {
  const Device device = Device::cuda();
  models::Gan gan(models::GanRecipe::from_name(recipe), 784, 1, device);
  const BatchStream batches = grey_batches(batch, device);
  time_steps(state, device, [&] { gan.train_step(batches); });
  if (gan.num_graph_nodes(false) == 0) state.SkipWithError("the step was not captured");
}

void eager_gan_step(benchmark::State& state, std::int64_t batch, const char* recipe) {
  const Device device = Device::cuda();
  models::Gan gan(models::GanRecipe::from_name(recipe), 784, 1, device);
  const Tensor real = Rng(1, device).uniform({batch, 784});
  time_steps(state, device, [&] { gan.train_step(real); });
}

}  // namespace

void add_gpu_step_benchmarks() {
  const auto add = [](const char* implementation, auto* run) {
    for (const std::int64_t batch : {64, 128, 512}) {
      for (const char* recipe : {"seed", "stable"}) {
        const std::string name = std::string("gpu_gan_step/") + implementation + "/" + recipe +
                                 "_batch" + std::to_string(batch);
        benchmark::RegisterBenchmark(name.c_str(), run, batch, recipe)->UseManualTime();
      }
    }
  };
  add("kiln_graph", graph_gan_step);
  add("kiln_eager", eager_gan_step);
}

}  // namespace kiln::bench
