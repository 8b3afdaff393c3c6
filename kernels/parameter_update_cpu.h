// SPDX-License-Identifier: MIT
// The pass of parameter_update.h on the CPU. Which arrays there are is settled outside of the
// loops, so that compilers make vector code of each.
#pragma once

#include "kernels/parallel_cpu.h"
#include "kernels/parameter_update.h"

namespace kiln::kernels {

template <class T, class Rule, class State>
void update_parameters(const Rule& rule, const State& now, const ParameterArrays<T>& arrays) {
  const ParameterArrays<T> a = arrays;
  // m_at(i) and v_at(i) are references or values; keep(i) follows the update of parameter i.
  const auto run = [=](auto m_at, auto v_at, auto keep) {
    parallel_for(a.n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) {
        auto&& m = m_at(i);
        auto&& v = v_at(i);
        rule.update(now, a.p[i], a.grad[i], m, v);
        keep(i);
      }
    });
  };
  const auto with_average = [&](auto m_at, auto v_at) {
    if (a.average == nullptr) return run(m_at, v_at, [](std::int64_t) {});
    run(m_at, v_at,
        [=](std::int64_t i) { a.average[i] += now.average_weight * (a.p[i] - a.average[i]); });
  };
  const auto m_at = [=](std::int64_t i) -> T& { return a.m[i]; };
  const auto v_at = [=](std::int64_t i) -> T& { return a.v[i]; };
  const auto none = [](std::int64_t) { return T(0); };
  if (a.v != nullptr) return with_average(m_at, v_at);
  if (a.m != nullptr) return with_average(m_at, none);
  with_average(none, none);
}

}  // namespace kiln::kernels
