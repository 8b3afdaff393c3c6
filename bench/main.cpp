// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <string>

#include "cpu_bench.h"
#include "engine/device.h"
#include "threads_option.h"

#if defined(KILN_HAS_CUDA) && !defined(KILN_CUDA_EMULATED)
#include <cstdio>

#include "gpu_benchmarks.h"
#include "kernels/cuda_device.h"
#include "kernels/error.h"

namespace kiln::bench {

// Where there is no GPU that can be used, says why instead.
void add_gpu_benchmarks() {
  std::string reason;
  try {
    if (kernels::cuda_device_count(reason) > 0) {
      kernels::cuda_select_device(0);
      benchmark::AddCustomContext("gpu", kernels::cuda_device_info(0).name);
      add_gpu_gemm_benchmarks();
      add_gpu_kernel_benchmarks();
      add_gpu_step_benchmarks();
      return;
    }
  } catch (const Error& error) {
    reason = error.what();
  }
  std::fprintf(stderr, "kiln_bench: the benchmarks on a GPU are left out: %s\n", reason.c_str());
}

}  // namespace kiln::bench
#endif

namespace kiln::bench {

static int threads_of_the_cpu = 1;
void set_cpu_threads(int threads) {
  threads_of_the_cpu = threads;
  set_num_threads(threads);
}
int cpu_threads() { return threads_of_the_cpu; }

static void add_cpu_benchmarks() {
  add_gan_step_benchmarks();
  add_vae_step_benchmarks();
  add_generation_benchmarks();
  add_gemm_benchmarks();
  add_kernel_benchmarks();
}

}  // namespace kiln::bench

// --threads=N: of the CPU, 1 by default. Other options are Google Benchmark's.
int main(int argc, char** argv) {
  kiln::bench::set_cpu_threads(kiln::bench::take_threads_option("kiln_bench", argc, argv));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
#if defined(KILN_HAS_CUDA) && !defined(KILN_CUDA_EMULATED)
  kiln::bench::add_gpu_benchmarks();
#endif
  benchmark::AddCustomContext(
      "peak_gflops", std::to_string(kiln::bench::peak_flops(kiln::bench::cpu_threads()) * 1e-9));
  kiln::bench::add_cpu_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
