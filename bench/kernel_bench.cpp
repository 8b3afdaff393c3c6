// SPDX-License-Identifier: MIT
// The kernels beside the matrix product, on as many numbers as the MNIST generator has parameters.
#include <cstdint>
#include <string>
#include <vector>

#include "cpu_bench.h"
#include "kernels/adam.h"
#include "kernels/gather.h"
#include "kernels/loss.h"
#include "kernels/noise.h"
#include "kernels/pointwise.h"

namespace kiln::bench {
namespace {

using namespace kernels;

constexpr std::int64_t kSize = 579984;
constexpr std::int64_t kFloat = sizeof(float);

void adam_step(benchmark::State& state) {
  std::vector<float> p(kSize, 0.1f), g(kSize, 0.2f), m(kSize), v(kSize);
  const AdamConfig config;
  auto adam_state = AdamState<float>::first(config);
  const ParameterArrays<float> arrays = {p.data(), g.data(), m.data(), v.data(), nullptr, kSize};
  // Parameters and both moments are read and written, gradients read.
  time_bytes(state, 7 * kSize * kFloat, 4 * kSize * kFloat,
             [&] { update(CpuStream{}, config, &adam_state, arrays); });
}

void normal_noise(benchmark::State& state) {
  std::vector<float> out(kSize);
  std::uint64_t counter = 0;
  time_bytes(state, kSize * kFloat, kSize * kFloat,
             [&] { random_normal(CpuStream{}, 1, &counter, out.data(), kSize); });
}

// A batch of 64 images out of 60,000, normalised.
void gather_batch(benchmark::State& state) {
  constexpr std::int64_t kRows = 60000, kRow = 784, kBatch = 64;
  const std::vector<std::uint8_t> rows(kRows * kRow, 100);
  std::vector<std::int32_t> indices;
  for (std::int64_t i = 0; i < kRows; ++i) {
    indices.push_back(static_cast<std::int32_t>(i * 7919 % kRows));
  }
  std::vector<float> out(kBatch * kRow);
  std::uint64_t cursor = 0;
  const RowIndices chosen = {indices.data(), kRows, &cursor};
  time_bytes(state, kBatch * kRow * (1 + kFloat), kRows * kRow, [&] {
    gather_rows(CpuStream{}, rows.data(), kRow, chosen, kBatch, 1.0f / 255, 0.0f, out.data());
  });
}

// With its gradient, as the step of a VAE on a batch of 128 images takes it.
template <class Loss>
void loss_with_gradient(benchmark::State& state) {
  constexpr std::int64_t kBatch = 128, kPixels = kBatch * 784;
  const std::vector<float> x(kPixels, 0.7f), t(kPixels, 0.2f);
  std::vector<float> dx(kPixels), workspace(kSumWorkspace);
  float out = 0;
  const LossArgs<float> args = {x.data(), {t.data()}, kPixels, 1.0f / kPixels, dx.data()};
  time_bytes(state, 3 * kPixels * kFloat, 3 * kPixels * kFloat,
             [&] { loss_forward(CpuStream{}, Loss{}, args, {}, &out, workspace.data()); });
}

template <class Op>
void pointwise(benchmark::State& state) {
  std::vector<float> x(kSize, 0.7f), y(kSize);
  time_bytes(state, 2 * kSize * kFloat, 2 * kSize * kFloat,
             [&] { pointwise_forward(CpuStream{}, Op{}, x.data(), y.data(), kSize); });
}

}  // namespace

void add_kernel_benchmarks() {
  add_cpu_benchmark("cpu_kernel", "adam", adam_step);
  add_cpu_benchmark("cpu_kernel", "random_normal", normal_noise);
  add_cpu_benchmark("cpu_kernel", "gather_64_images", gather_batch);
#define KILN_BENCH_LOSS(Loss, snake_case_name) \
  add_cpu_benchmark("cpu_kernel", Loss::name, loss_with_gradient<Loss>);
  KILN_LOSSES(KILN_BENCH_LOSS)
#undef KILN_BENCH_LOSS
#define KILN_BENCH_OP(Op, snake_case_name) add_cpu_benchmark("cpu_kernel", Op::name, pointwise<Op>);
  KILN_POINTWISE_OPS(KILN_BENCH_OP)
#undef KILN_BENCH_OP
}

}  // namespace kiln::bench
