// SPDX-License-Identifier: MIT
// Adds the benchmarks that run on a GPU; main() calls these where there is one.
#pragma once

namespace kiln::bench {

void add_gpu_gemm_benchmarks();
void add_gpu_kernel_benchmarks();
void add_gpu_step_benchmarks();

}  // namespace kiln::bench
