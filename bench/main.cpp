// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#if defined(KILN_HAS_CUDA) && !defined(KILN_CUDA_EMULATED)
#include <cstdio>
#include <string>

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

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
#if defined(KILN_HAS_CUDA) && !defined(KILN_CUDA_EMULATED)
  kiln::bench::add_gpu_benchmarks();
#endif
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
