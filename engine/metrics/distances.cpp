// SPDX-License-Identifier: MIT
#include "engine/metrics/distances.h"

#include <algorithm>
#include <cmath>

#include "kernels/gemm.h"
#include "kernels/parallel_cpu.h"

namespace kiln::metrics {
namespace {

constexpr std::int64_t kRowsAThread = 64;  // parallel_for's unit

std::vector<float> squared_norms(const FeatureMatrix& features) {
  std::vector<float> norms(static_cast<std::size_t>(features.count));
  for (std::int64_t i = 0; i < features.count; ++i) {
    double sum = 0;
    for (const float x : features.row(i)) sum += static_cast<double>(x) * static_cast<double>(x);
    norms[static_cast<std::size_t>(i)] = static_cast<float>(sum);
  }
  return norms;
}

double distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

}  // namespace

void for_each_distance_block(const FeatureMatrix& queries, const FeatureMatrix& references,
                             const std::function<void(const DistanceBlock&)>& f) {
  constexpr std::int64_t kBlockElements = std::int64_t{1} << 24;  // 64 MiB
  const std::int64_t columns = references.count;
  const std::int64_t block_rows =
      std::clamp<std::int64_t>(kBlockElements / std::max<std::int64_t>(columns, 1), 1, 2048);
  const std::vector<float> query_norms = squared_norms(queries);
  const std::vector<float> reference_norms = squared_norms(references);
  std::vector<float> block(static_cast<std::size_t>(std::min(block_rows, queries.count) * columns));
  for (std::int64_t first = 0; first < queries.count; first += block_rows) {
    const std::int64_t rows = std::min(block_rows, queries.count - first);
    kernels::GemmArgs<float> args;
    args.transpose_b = true;
    args.m = rows;
    args.n = columns;
    args.k = queries.size;
    args.a = queries.values.data() + first * queries.size;
    args.b = references.values.data();
    args.c = block.data();
    kernels::gemm(kernels::CpuStream{}, args);
    kernels::parallel_for(rows, kRowsAThread, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        float* const row = block.data() + i * columns;
        const float norm = query_norms[static_cast<std::size_t>(first + i)];
        const float* const norms = reference_norms.data();
#pragma omp simd
        for (std::int64_t j = 0; j < columns; ++j) {
          row[j] = std::max(norm + norms[j] - 2 * row[j], 0.0f);
        }
      }
    });
    f({first, rows, block.data()});
  }
}

std::vector<double> nearest_distances(const FeatureMatrix& queries,
                                      const FeatureMatrix& references) {
  check_features("nearest_distances", "queries", queries, "references", references, 1);
  std::vector<double> result(static_cast<std::size_t>(queries.count));
  for_each_distance_block(queries, references, [&](const DistanceBlock& block) {
    kernels::parallel_for(block.rows, kRowsAThread, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const float* const row = block.values + i * references.count;
        const std::int64_t nearest = std::min_element(row, row + references.count) - row;
        result[static_cast<std::size_t>(block.first + i)] =
            distance(queries.row(block.first + i), references.row(nearest));
      }
    });
  });
  return result;
}

}  // namespace kiln::metrics
