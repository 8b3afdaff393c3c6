// SPDX-License-Identifier: MIT
// The matrix products of the GAN step at batch 64, forward and backward, in FLOP/s.
#include <benchmark/benchmark.h>

#include <vector>

#include "gan_shapes.h"
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

void gan_products(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"m", "n", "k", "ta", "tb"});
  for (const kiln::bench::GemmShape& s : kiln::bench::gan_shapes()) {
    bench->Args({s.m, s.n, s.k, s.transpose_a, s.transpose_b});
  }
}

BENCHMARK(gemm_cpu)->Apply(gan_products)->UseRealTime();

}  // namespace
