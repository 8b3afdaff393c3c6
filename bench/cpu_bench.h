// SPDX-License-Identifier: MIT
// For benchmarks on the CPU. Names are family/implementation/case, from which benchmark_tables
// makes one table a family with a column an implementation. Each reports a rate and, as
// `floor_share`, its part of the machine's best, which is measured before and after each: 1 is as
// fast as can be.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/precision.h"
#include "kernels/gemm_amx_cpu.h"
#include "kernels/gemm_bf16_cpu.h"
#include "machine_peak.h"

namespace kiln::bench {

// That the engine uses.
void set_cpu_threads(int threads);
int cpu_threads();

// `unit` of each iteration's `amount`, where `best` a second is possible.
inline void report_rate(benchmark::State& state, const char* unit, double amount, double best) {
  constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters[unit] = benchmark::Counter(amount, kRate);
  state.counters["floor_share"] = benchmark::Counter(amount / best, kRate);
}

template <class Work>
void time_calls(benchmark::State& state, Work&& work) {
  for (int warm_up = 0; warm_up < 3; ++warm_up) work();
  for (auto _ : state) work();
}

// A call of `work` makes so many floating-point operations, in a precision of products.
template <class Work>
void time_operations(benchmark::State& state, double operations, Work&& work,
                     Precision precision = Precision::fp32) {
  const auto peak = precision == Precision::bf16 ? peak_flops_bf16 : peak_flops;
  peak(cpu_threads());
  time_calls(state, work);
  report_rate(state, "FLOP/s", operations, peak(cpu_threads()));
}

// A call of `work` reads and writes so many bytes, in arrays of `footprint` bytes together.
template <class Work>
void time_bytes(benchmark::State& state, std::int64_t bytes, std::int64_t footprint, Work&& work) {
  peak_bandwidth(cpu_threads(), footprint);
  time_calls(state, work);
  report_rate(state, "bytes/s", static_cast<double>(bytes),
              peak_bandwidth(cpu_threads(), footprint));
}

// Adds family/kiln/name, timed by the wall clock; the family's name says the number of threads.
template <class Run, class... Args>
void add_cpu_benchmark(const std::string& family, const std::string& name, Run run, Args... args) {
  const int threads = cpu_threads();
  const std::string path = family + "_threads" + std::to_string(threads) + "/kiln/" + name;
  benchmark::RegisterBenchmark(path.c_str(), run, args...)->UseRealTime();
}

// Those that steps are timed in.
inline std::vector<Precision> step_precisions() {
  if (!kernels::cpu_has_amx() && !kernels::cpu_multiplies_bf16_fast()) return {Precision::fp32};
  return {Precision::fp32, Precision::bf16};
}
inline const char* suffix_of(Precision precision) {
  return precision == Precision::bf16 ? "_bf16" : "";
}

// What each file adds.
void add_gan_step_benchmarks();
void add_vae_step_benchmarks();
void add_generation_benchmarks();
void add_gemm_benchmarks();
void add_kernel_benchmarks();

}  // namespace kiln::bench
