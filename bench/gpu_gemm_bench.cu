// SPDX-License-Identifier: MIT
// The matrix products of the GAN step on a GPU: Kiln's kernels against cuBLAS, checked equal before
// they are timed.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "gemm_shapes.h"
#include "gpu_bench.h"
#include "gpu_benchmarks.h"
#include "kernels/gemm.h"

namespace kiln::bench {
namespace {

using namespace kernels;

struct Implementation {
  const char* name;
  GemmBackend backend;
};
constexpr Implementation kImplementations[] = {{"kiln", GemmBackend::kiln},
                                               {"cublas", GemmBackend::cublas}};

// Uniform in [-1, 1), the same in every run.
std::vector<float> values(std::int64_t count, unsigned seed) {
  std::minstd_rand random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> result;
  for (std::int64_t i = 0; i < count; ++i) result.push_back(uniform(random));
  return result;
}

class Product {
 public:
  explicit Product(const GemmShape& shape)
      : shape_(shape),
        a_(values(shape.m * shape.k, 1)),
        b_(values(shape.k * shape.n, 2)),
        c_(shape.m * shape.n, 0) {
    args_.transpose_a = shape.transpose_a;
    args_.transpose_b = shape.transpose_b;
    args_.m = shape.m;
    args_.n = shape.n;
    args_.k = shape.k;
    args_.a = a_.data();
    args_.b = b_.data();
    args_.c = c_.data();
  }

  void run(GemmBackend backend) const {
    set_cuda_gemm_backend(backend);
    gemm(gpu_stream(), args_);
  }

  // The largest difference of two implementations, in units of the error that rounding may make.
  double difference(GemmBackend x, GemmBackend y) const {
    run(x);
    const std::vector<float> first = c_.values();
    run(y);
    const std::vector<float> second = c_.values();
    const double bound = 4.0 * static_cast<double>(shape_.k) * 0x1p-24;
    double worst = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
      const double difference = std::abs(first[i] - second[i]) / bound;
      if (!(difference <= worst)) worst = difference;
    }
    return worst;
  }

 private:
  GemmShape shape_;
  GpuArray a_, b_, c_;
  GemmArgs<float> args_;
};

void gemm_on_gpu(benchmark::State& state, GemmShape shape, GemmBackend backend) {
  const GemmBackend before = cuda_gemm_backend();
  const Product product(shape);
  if (!(product.difference(GemmBackend::kiln, GemmBackend::cublas) <= 1)) {
    state.SkipWithError("Kiln and cuBLAS differ by more than rounding");
  } else {
    time_on_gpu(
        state, [&] { product.run(backend); },
        2.0 * static_cast<double>(shape.m * shape.n * shape.k), "FLOP/s");
  }
  set_cuda_gemm_backend(before);
}

}  // namespace

void add_gpu_gemm_benchmarks() {
  for (const GemmShape& shape : gan_shapes()) {
    for (const auto& [name, backend] : kImplementations) {
      const std::string full = std::string("gpu_gemm/") + name + "/" + shape.name();
      benchmark::RegisterBenchmark(full.c_str(), gemm_on_gpu, shape, backend)->UseManualTime();
    }
  }
}

}  // namespace kiln::bench
