// SPDX-License-Identifier: MIT
// The kernels beside the matrix product on a GPU, in bytes/s, on the generator's parameter count
// and on 64 times as much, which no L2 cache holds.
#include <array>
#include <bit>
#include <cstdint>
#include <string>

#include "gpu_bench.h"
#include "gpu_benchmarks.h"
#include "kernels/adam.h"
#include "kernels/noise.h"
#include "kernels/pointwise.h"
#include "kernels/vector.h"

namespace kiln::bench {
namespace {

using namespace kernels;

constexpr std::int64_t kSizes[] = {579984, 64 * 579984};

void copy_on_gpu(benchmark::State& state, std::int64_t n) {
  const GpuArray x(n, 1), y(n, 0);
  time_on_gpu(
      state, [&] { copy(gpu_stream(), x.data(), y.data(), n); }, 8.0 * static_cast<double>(n),
      "bytes/s");
}

void adam_on_gpu(benchmark::State& state, std::int64_t n) {
  const GpuArray p(n, 0.1f), g(n, 0.2f), m(n, 0), v(n, 0);
  const AdamConfig config;
  const auto first = std::bit_cast<std::array<float, sizeof(AdamState<float>) / sizeof(float)>>(
      AdamState<float>::first(config));
  const GpuArray state_values({first.begin(), first.end()});
  auto* const adam_state = reinterpret_cast<AdamState<float>*>(state_values.data());
  const ParameterArrays<float> arrays = {p.data(), g.data(), m.data(), v.data(), nullptr, n};
  time_on_gpu(
      state, [&] { update(gpu_stream(), config, adam_state, arrays); },
      28.0 * static_cast<double>(n), "bytes/s");
}

void random_normal_on_gpu(benchmark::State& state, std::int64_t n) {
  const GpuArray out(n, 0), counter(2, 0);
  auto* const position = reinterpret_cast<std::uint64_t*>(counter.data());
  time_on_gpu(
      state, [&] { random_normal(gpu_stream(), 1, position, out.data(), n); },
      4.0 * static_cast<double>(n), "bytes/s");
}

template <class Op>
void pointwise_on_gpu(benchmark::State& state, std::int64_t n) {
  const GpuArray x(n, 0.7f), y(n, 0);
  time_on_gpu(
      state, [&] { pointwise_forward(gpu_stream(), Op{}, x.data(), y.data(), n); },
      8.0 * static_cast<double>(n), "bytes/s");
}

template <class F>
void add(const std::string& kernel, F* run) {
  for (const std::int64_t n : kSizes) {
    const std::string name = "gpu_kernel/kiln/" + kernel + "_" + std::to_string(n);
    benchmark::RegisterBenchmark(name.c_str(), run, n)->UseManualTime();
  }
}

}  // namespace

void add_gpu_kernel_benchmarks() {
  add("copy", copy_on_gpu);
  add("adam", adam_on_gpu);
  add("random_normal", random_normal_on_gpu);
#define KILN_BENCH_OP(Op, snake_case_name) add(#snake_case_name, pointwise_on_gpu<Op>);
  KILN_POINTWISE_OPS(KILN_BENCH_OP)
#undef KILN_BENCH_OP
}

}  // namespace kiln::bench
