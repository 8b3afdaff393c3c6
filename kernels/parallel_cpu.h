// SPDX-License-Identifier: MIT
// Splits a range over the OpenMP team that oneDNN uses too. Work below `grain` items stays on the
// calling thread: waking a team costs a few microseconds.
#pragma once

#include <algorithm>
#include <cstdint>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace kiln::kernels {

inline constexpr std::int64_t kParallelGrain = 16384;

inline std::int64_t divide_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

// Calls f(part, parts) for part = 0 ... parts - 1, each by a thread of its own, where parts is the
// size of the team and at most `limit`.
template <class F>
void parallel_parts(std::int64_t limit, F&& f) {
#ifdef _OPENMP
  const int team = static_cast<int>(std::min<std::int64_t>(limit, omp_get_max_threads()));
  if (team > 1 && !omp_in_parallel()) {
#pragma omp parallel num_threads(team)
    f(std::int64_t{omp_get_thread_num()}, std::int64_t{omp_get_num_threads()});
    return;
  }
#else
  static_cast<void>(limit);
#endif
  f(std::int64_t{0}, std::int64_t{1});
}

// f is a copy: the compiler need not fear that a store changes what it refers to. And all that f
// calls is compiled into this function: a call would keep f's loop from becoming vector
// instructions, and whether there is one would depend on what else is in the source.
template <class F>
[[gnu::flatten]] void run_loop(F f, std::int64_t begin, std::int64_t end) {
  f(begin, end);
}

// Calls f(begin, end) over disjoint parts of [0, n). Parts begin at multiples of 64 items, so that
// no two threads write one cache line of an aligned array.
template <class F>
void parallel_for(std::int64_t n, std::int64_t grain, F&& f) {
  if (n <= 0) return;
  parallel_parts(n / std::max<std::int64_t>(grain, 1), [&](std::int64_t part, std::int64_t parts) {
    const std::int64_t blocks = (n + 63) / 64;
    const std::int64_t begin = blocks * part / parts * 64;
    const std::int64_t end = std::min(blocks * (part + 1) / parts * 64, n);
    if (begin < end) run_loop(f, begin, end);
  });
}

}  // namespace kiln::kernels
