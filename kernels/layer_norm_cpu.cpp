// SPDX-License-Identifier: MIT
#include <cmath>

#include "kernels/layer_norm.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {
namespace {

constexpr std::int64_t kLayerStrip = 512;

template <class F>
void for_rows(std::int64_t rows, std::int64_t cols, F f) {
  const std::int64_t grain = std::max<std::int64_t>(kParallelGrain / (cols + 1), 1);
  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) f(i);
  });
}

// The columns' sums, a strip of them at a time while its rows stream past.
template <class T>
void parameter_gradients(const LayerNormBackward<T>& args, std::int64_t begin, std::int64_t end) {
  T dbias[kLayerStrip] = {}, dweight[kLayerStrip] = {};
  for (std::int64_t i = 0; i < args.rows; ++i) {
    const T mean = args.mean[i], inv_std = args.inv_std[i];
    for (std::int64_t j = begin; j < end; ++j) {
      const T dy = args.dy[i * args.cols + j];
      dbias[j - begin] += dy;
      dweight[j - begin] += dy * ((args.x[i * args.cols + j] - mean) * inv_std);
    }
  }
  const auto put = [&](T* out, const T* sums, bool accumulate) {
    if (out == nullptr) return;
    for (std::int64_t j = begin; j < end; ++j) {
      out[j] = accumulate ? out[j] + sums[j - begin] : sums[j - begin];
    }
  };
  put(args.dbias, dbias, args.accumulate_dbias);
  put(args.dweight, dweight, args.accumulate_dweight);
}

}  // namespace

template <class T>
void layer_norm_forward(CpuStream, const LayerNormForward<T>& args) {
  const std::int64_t cols = args.cols;
  const T n = static_cast<T>(cols);
  for_rows(args.rows, cols, [&](std::int64_t i) {
    const T* x = args.x + i * cols;
    T* y = args.y + i * cols;
    T sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t j = 0; j < cols; ++j) sum += x[j];
    const T mean = sum / n;
#pragma omp simd reduction(+ : squares)
    for (std::int64_t j = 0; j < cols; ++j) squares += (x[j] - mean) * (x[j] - mean);
    const T inv_std = T(1) / std::sqrt(squares / n + args.epsilon);
    args.mean[i] = mean;
    args.inv_std[i] = inv_std;
    for (std::int64_t j = 0; j < cols; ++j) {
      y[j] = (x[j] - mean) * inv_std * args.weight[j] + args.bias[j];
    }
  });
}

template <class T>
void layer_norm_backward(CpuStream, const LayerNormBackward<T>& args) {
  const std::int64_t cols = args.cols;
  const T n = static_cast<T>(cols);
  if (args.dx != nullptr) {
    for_rows(args.rows, cols, [&](std::int64_t i) {
      const T* x = args.x + i * cols;
      const T* dy = args.dy + i * cols;
      T* dx = args.dx + i * cols;
      const T mean = args.mean[i], inv_std = args.inv_std[i];
      T sum = 0, product = 0;
#pragma omp simd reduction(+ : sum, product)
      for (std::int64_t j = 0; j < cols; ++j) {
        const T g = dy[j] * args.weight[j];
        sum += g;
        product += g * ((x[j] - mean) * inv_std);
      }
      for (std::int64_t j = 0; j < cols; ++j) {
        const T normalised = (x[j] - mean) * inv_std;
        const T value = inv_std * (dy[j] * args.weight[j] - sum / n - normalised * (product / n));
        dx[j] = args.accumulate_dx ? dx[j] + value : value;
      }
    });
  }
  if (args.dweight == nullptr && args.dbias == nullptr) return;
  const std::int64_t grain = std::max<std::int64_t>(kParallelGrain / (args.rows + 1), 64);
  parallel_for(cols, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t begin = first; begin < last; begin += kLayerStrip) {
      parameter_gradients(args, begin, std::min(begin + kLayerStrip, last));
    }
  });
}

#define KILN_INSTANTIATE(T)                                                \
  template void layer_norm_forward(CpuStream, const LayerNormForward<T>&); \
  template void layer_norm_backward(CpuStream, const LayerNormBackward<T>&);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
