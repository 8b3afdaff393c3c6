// SPDX-License-Identifier: MIT
// The matrix products of the GAN's and the VAE's steps, as the CPU does them.
#include <vector>

#include "cpu_bench.h"
#include "gemm_shapes.h"
#include "kernels/gemm.h"

namespace kiln::bench {
namespace {

void multiply(benchmark::State& state, const GemmShape& shape) {
  kernels::GemmArgs<float> args;
  args.m = shape.m;
  args.n = shape.n;
  args.k = shape.k;
  args.transpose_a = shape.transpose_a;
  args.transpose_b = shape.transpose_b;
  const std::vector<float> a(static_cast<std::size_t>(args.m * args.k), 0.5f);
  const std::vector<float> b(static_cast<std::size_t>(args.k * args.n), 0.25f);
  std::vector<float> c(static_cast<std::size_t>(args.m * args.n));
  args.a = a.data();
  args.b = b.data();
  args.c = c.data();
  time_operations(state, 2.0 * static_cast<double>(args.m * args.n * args.k), [&] {
    kernels::gemm(kernels::CpuStream{}, args);
    benchmark::ClobberMemory();
  });
}

}  // namespace

void add_gemm_benchmarks() {
  std::vector<GemmShape> shapes = gan_shapes();
  for (const GemmShape& shape : vae_shapes()) shapes.push_back(shape);
  for (const GemmShape& shape : shapes)
    add_cpu_benchmark("cpu_gemm", shape.name(), multiply, shape);
}

}  // namespace kiln::bench
