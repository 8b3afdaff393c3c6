// SPDX-License-Identifier: MIT
// The kernels beside the matrix product, in bytes/s, on the generator's parameter count.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "kernels/adam.h"
#include "kernels/noise.h"
#include "kernels/pointwise.h"

namespace {

using namespace kiln::kernels;

constexpr std::int64_t kSize = 579984;  // parameters of the MNIST generator

void count_bytes(benchmark::State& state, std::int64_t bytes_per_element) {
  state.SetBytesProcessed(state.iterations() * kSize * bytes_per_element);
}

void adam_cpu(benchmark::State& state) {
  std::vector<float> p(kSize, 0.1f), g(kSize, 0.2f), m(kSize), v(kSize);
  const AdamConfig config;
  auto adam_state = AdamState<float>::first(config);
  const ParameterArrays<float> arrays = {p.data(), g.data(), m.data(), v.data(), nullptr, kSize};
  for (auto _ : state) adam(CpuStream{}, config, &adam_state, arrays);
  count_bytes(state, 28);
}
BENCHMARK(adam_cpu)->UseRealTime();

void random_normal_cpu(benchmark::State& state) {
  std::vector<float> out(kSize);
  std::uint64_t counter = 0;
  for (auto _ : state) random_normal(CpuStream{}, 1, &counter, out.data(), kSize);
  count_bytes(state, 4);
}
BENCHMARK(random_normal_cpu)->UseRealTime();

// One benchmark an op, expanded from the list.
template <class Op>
void pointwise_cpu(benchmark::State& state) {
  std::vector<float> x(kSize, 0.7f), y(kSize);
  for (auto _ : state) pointwise_forward(CpuStream{}, Op{}, x.data(), y.data(), kSize);
  count_bytes(state, 8);
}
#define KILN_BENCH_OP(Op, snake_case_name) BENCHMARK(pointwise_cpu<Op>)->UseRealTime();
KILN_POINTWISE_OPS(KILN_BENCH_OP)

}  // namespace
