// SPDX-License-Identifier: MIT
#include <cmath>

#include "kernels/batch_norm.h"
#include "kernels/parallel_cpu.h"

namespace kiln::kernels {
namespace {

// Channels handled together: neighbours in memory where spatial is 1.
constexpr std::int64_t kNormStrip = 64;

// Calls f(first, last) for strips of channels that cover all of them.
template <class F>
void for_each_strip(const BatchNormShape& shape, F f) {
  const std::int64_t values = shape.batch * shape.spatial;
  // A part begins at a multiple of 64 items: a channel of its own memory counts as 64 of them.
  const std::int64_t items = shape.spatial == 1 ? 1 : 64;
  const std::int64_t grain = items * std::max<std::int64_t>(kParallelGrain / (values + 1), 1);
  parallel_for(items * shape.channels, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin / items; c < end / items; c += kNormStrip) {
      f(c, std::min(c + kNormStrip, end / items));
    }
  });
}

// sums[c - first] += term(c, i) over the elements i of each channel c of [first, last).
template <class T, class Term>
void add_terms(const BatchNormShape& shape, std::int64_t first, std::int64_t last, T* sums,
               Term term) {
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    if (shape.spatial == 1) {
#pragma omp simd
      for (std::int64_t c = first; c < last; ++c) {
        sums[c - first] += term(c, n * shape.channels + c);
      }
      continue;
    }
    for (std::int64_t c = first; c < last; ++c) {
      const std::int64_t begin = (n * shape.channels + c) * shape.spatial;
      T sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = begin; i < begin + shape.spatial; ++i) sum += term(c, i);
      sums[c - first] += sum;
    }
  }
}

// Calls f(c, i) for the elements i of each channel c of [first, last).
template <class F>
void for_each_element(const BatchNormShape& shape, std::int64_t first, std::int64_t last, F f) {
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    if (shape.spatial == 1) {
#pragma omp simd
      for (std::int64_t c = first; c < last; ++c) f(c, n * shape.channels + c);
      continue;
    }
    for (std::int64_t c = first; c < last; ++c) {
      const std::int64_t begin = (n * shape.channels + c) * shape.spatial;
#pragma omp simd
      for (std::int64_t i = begin; i < begin + shape.spatial; ++i) f(c, i);
    }
  }
}

template <class T>
void add(T* array, std::int64_t i, T value, bool accumulate) {
  if (array != nullptr) array[i] = accumulate ? array[i] + value : value;
}

}  // namespace

template <class T>
void batch_norm_forward(CpuStream, const BatchNormForward<T>& args) {
  const T m = static_cast<T>(args.shape.batch * args.shape.spatial);
  for_each_strip(args.shape, [&](std::int64_t first, std::int64_t last) {
    T mean[kNormStrip] = {}, var[kNormStrip] = {}, scale[kNormStrip], shift[kNormStrip];
    if (args.training) {
      add_terms(args.shape, first, last, mean,
                [&](std::int64_t, std::int64_t i) { return args.x[i]; });
      for (T& value : mean) value /= m;
      add_terms(args.shape, first, last, var, [&](std::int64_t c, std::int64_t i) {
        const T centred = args.x[i] - mean[c - first];
        return centred * centred;
      });
      for (T& value : var) value /= m;
    }
    for (std::int64_t c = first; c < last; ++c) {
      T& c_mean = mean[c - first];
      T& c_var = var[c - first];
      if (args.training) {
        args.running_mean[c] += args.momentum * (c_mean - args.running_mean[c]);
        args.running_var[c] += args.momentum * (c_var * (m / (m - 1)) - args.running_var[c]);
      } else {
        c_mean = args.running_mean[c];
        c_var = args.running_var[c];
      }
      args.mean[c] = c_mean;
      args.inv_std[c] = T(1) / std::sqrt(c_var + args.epsilon);
      scale[c - first] = args.inv_std[c] * args.weight[c];
      shift[c - first] = args.bias[c];
    }
    for_each_element(args.shape, first, last, [&](std::int64_t c, std::int64_t i) {
      args.y[i] = (args.x[i] - mean[c - first]) * scale[c - first] + shift[c - first];
    });
  });
}

template <class T>
void batch_norm_backward(CpuStream, const BatchNormBackward<T>& args) {
  const T m = static_cast<T>(args.shape.batch * args.shape.spatial);
  for_each_strip(args.shape, [&](std::int64_t first, std::int64_t last) {
    T dbias[kNormStrip] = {}, dweight[kNormStrip] = {};
    const auto normalised = [&](std::int64_t c, std::int64_t i) {
      return (args.x[i] - args.mean[c]) * args.inv_std[c];
    };
    add_terms(args.shape, first, last, dbias,
              [&](std::int64_t, std::int64_t i) { return args.dy[i]; });
    add_terms(args.shape, first, last, dweight,
              [&](std::int64_t c, std::int64_t i) { return args.dy[i] * normalised(c, i); });
    for (std::int64_t c = first; c < last; ++c) {
      add(args.dbias, c, dbias[c - first], args.accumulate_dbias);
      add(args.dweight, c, dweight[c - first], args.accumulate_dweight);
      dbias[c - first] = args.training ? dbias[c - first] / m : T(0);
      dweight[c - first] = args.training ? dweight[c - first] / m : T(0);
    }
    if (args.dx == nullptr) return;
    for_each_element(args.shape, first, last, [&](std::int64_t c, std::int64_t i) {
      const T centred = args.dy[i] - dbias[c - first] - normalised(c, i) * dweight[c - first];
      const T value = args.weight[c] * args.inv_std[c] * centred;
      args.dx[i] = args.accumulate_dx ? args.dx[i] + value : value;
    });
  });
}

#define KILN_INSTANTIATE(T)                                                \
  template void batch_norm_forward(CpuStream, const BatchNormForward<T>&); \
  template void batch_norm_backward(CpuStream, const BatchNormBackward<T>&);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
