// SPDX-License-Identifier: MIT
// In LibTorch: the GAN's step, eager on the CPU and on a GPU, and captured in a CUDA graph; the
// VAE's step and drawing images, on the CPU. Every step is checked against the golden losses before
// it is timed; fp32 products are fp32 (no TF32).
// --threads=N: CPU threads, 1 by default. Other options are Google Benchmark's.
#include <ATen/Version.h>
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "gan.h"
#include "threads_option.h"
#include "vae.h"
#ifdef KILN_LIBTORCH_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace {

using namespace kiln::bench;

constexpr double kTolerance = 1e-4;  // of a loss, relative
constexpr double kBf16Tolerance = 2e-2;

// Whether the step is the right one on this device; otherwise the benchmark fails by name.
bool is_right(benchmark::State& state, double difference, double tolerance = kTolerance) {
  if (difference <= tolerance) return true;
  state.SkipWithError(
      ("losses differ from the golden ones by " + std::to_string(difference)).c_str());
  return false;
}

void synchronize(torch::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize();
}

template <class Step>
void time_steps(benchmark::State& state, torch::Device device, Step&& step) {
  const int steps_per_wait = device.is_cuda() ? 100 : 10;
  for (int warm_up = 0; warm_up < 10; ++warm_up) step();
  synchronize(device);
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < steps_per_wait; ++i) step();
    synchronize(device);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(seconds.count() / steps_per_wait);
  }
}

void eager_step(benchmark::State& state, torch::Device device, std::int64_t batch) {
  if (!is_right(state, golden_difference(device))) return;
  Gan gan(device);
  const torch::Tensor real = torch::rand({batch, 784}, device);
  time_steps(state, device, [&] { gan.train_step(real); });
}

// Where there are no instructions for it LibTorch is slower in bf16, and Kiln has no such case.
bool cpu_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

void bf16_step(benchmark::State& state, std::int64_t batch) {
  const torch::Device cpu(torch::kCPU);
  if (!is_right(state, golden_difference(cpu, true), kBf16Tolerance)) return;
  Gan gan(cpu, true);
  const torch::Tensor real = torch::rand({batch, 784});
  time_steps(state, cpu, [&] { gan.train_step(real); });
}

void vae_step(benchmark::State& state, torch::Device device, std::int64_t batch) {
  if (!is_right(state, vae_golden_difference(device))) return;
  Vae vae(device);
  const torch::Tensor images = torch::rand({batch, 784}, device);
  time_steps(state, device, [&] { vae.train_step(images); });
}

void generate(benchmark::State& state, torch::Device device, std::int64_t batch) {
  const Gan gan(device);
  const torch::Tensor noise = torch::randn({batch, Gan::kLatent}, device);
  time_steps(state, device, [&] { gan.sample(noise); });
}

#ifdef KILN_LIBTORCH_CUDA
// As PyTorch's documentation asks: warm up on a side stream, capture one step there, replay it.
void graph_step(benchmark::State& state, std::int64_t batch) {
  const torch::Device device(torch::kCUDA);
  if (!is_right(state, golden_difference(device))) return;
  Gan gan(device);
  const torch::Tensor real = torch::rand({batch, 784}, device);
  at::cuda::CUDAGraph graph;
  torch::cuda::synchronize();
  c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool());
  for (int warm_up = 0; warm_up < 3; ++warm_up) gan.train_step(real);
  torch::cuda::synchronize();
  graph.capture_begin();
  gan.train_step(real);
  graph.capture_end();
  c10::cuda::setCurrentCUDAStream(c10::cuda::getDefaultCUDAStream());
  torch::cuda::synchronize();
  const double before = gan.loss_sums.sum().item<double>();
  graph.replay();
  if (!(gan.loss_sums.sum().item<double>() > before)) {
    state.SkipWithError("a replayed step does not train");
    return;
  }
  time_steps(state, device, [&] { graph.replay(); });
}
#endif

// The optimizer of before 2.4 (gan.h) keeps its step count on the host: no capture, and no peer.
bool has_gpu() {
#ifdef KILN_TORCH_BEFORE_2_4
  return false;
#else
  return torch::cuda::is_available();
#endif
}

// What LibTorch was built with, for JSON.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '"' || c == '\\') c = ' ';
  }
  return text;
}

void add_benchmarks(int threads) {
  const auto add = [](const std::string& name, auto run, auto... args) {
    benchmark::RegisterBenchmark(name.c_str(), run, args...)->UseManualTime();
  };
  const torch::Device cpu(torch::kCPU);
  // The version in the name: reports have a column for each.
  const std::string on_cpu = "_threads" + std::to_string(threads) + "/LibTorch " TORCH_VERSION "/";
  for (const std::int64_t batch : {1, 64, 1024}) {
    add("cpu_generate" + on_cpu + "batch" + std::to_string(batch), generate, cpu, batch);
  }
  for (const std::int64_t batch : {64, 128, 512}) {
    const std::string size = "seed_batch" + std::to_string(batch);
    add("cpu_gan_step" + on_cpu + size, eager_step, cpu, batch);
    if (cpu_has_bf16()) add("cpu_gan_step" + on_cpu + size + "_bf16", bf16_step, batch);
    add("cpu_vae_step" + on_cpu + "basic_batch" + std::to_string(batch), vae_step, cpu, batch);
    if (!has_gpu()) continue;
    add("gpu_gan_step/libtorch_eager/" + size, eager_step, torch::Device(torch::kCUDA), batch);
#ifdef KILN_LIBTORCH_CUDA
    add("gpu_gan_step/libtorch_graph/" + size, graph_step, batch);
#endif
  }
  if (!has_gpu()) {
    std::fprintf(stderr,
                 "kiln_bench_libtorch: gpu_gan_step/libtorch_eager and "
                 "gpu_gan_step/libtorch_graph are left out: LibTorch finds no GPU or is older than "
                 "2.4\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = take_threads_option("kiln_bench_libtorch", argc, argv);
  torch::set_num_threads(threads);
  at::globalContext().setAllowTF32CuBLAS(false);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("libtorch", TORCH_VERSION);
  benchmark::AddCustomContext("libtorch_threads", std::to_string(threads));
  benchmark::AddCustomContext("libtorch_config", one_line(at::show_config()));
  add_benchmarks(threads);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
