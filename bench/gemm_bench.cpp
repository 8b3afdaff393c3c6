// SPDX-License-Identifier: MIT
// The matrix products of the GAN step at batch 64, forward and backward, in FLOP/s.
#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/gemm.h"

namespace {

using namespace kiln::kernels;

void gemm_cpu(benchmark::State& state) {
  GemmArgs<float> args;
  args.m = state.range(0);
  args.n = state.range(1);
  args.k = state.range(2);
  args.transpose_a = state.range(3) != 0;
  args.transpose_b = state.range(4) != 0;
  const std::vector<float> a(static_cast<std::size_t>(args.m * args.k), 0.5f);
  const std::vector<float> b(static_cast<std::size_t>(args.k * args.n), 0.25f);
  std::vector<float> c(static_cast<std::size_t>(args.m * args.n));
  args.a = a.data();
  args.b = b.data();
  args.c = c.data();
  for (auto _ : state) {
    gemm(CpuStream{}, args);
    benchmark::ClobberMemory();
  }
  state.counters["FLOP/s"] = benchmark::Counter(2.0 * static_cast<double>(args.m * args.n * args.k),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

// Each layer (in, out): forward, gradient of the input, gradient of the weight.
void gan_shapes(benchmark::internal::Benchmark* bench) {
  constexpr std::int64_t kBatch = 64;
  constexpr std::int64_t kLayers[][2] = {{100, 128}, {128, 256}, {256, 512}, {512, 784},
                                         {784, 256}, {256, 128}, {128, 1}};
  bench->ArgNames({"m", "n", "k", "ta", "tb"});
  for (const auto& [in, out] : kLayers) {
    bench->Args({kBatch, out, in, 0, 1});
    bench->Args({kBatch, in, out, 0, 0});
    bench->Args({out, in, kBatch, 1, 0});
  }
}

BENCHMARK(gemm_cpu)->Apply(gan_shapes)->UseRealTime();

}  // namespace
