// SPDX-License-Identifier: MIT
#include "machine_peak.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <utility>
#include <vector>

namespace kiln::bench {
namespace {

// As wide as this build's registers are.
#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Register __attribute__((vector_size(kLanes * sizeof(float))));

constexpr int kTries = 12;

// Seconds of the fastest try of work(thread), which all threads do at the same time.
template <class Work>
double fastest(int threads, Work&& work) {
  double best = 1e30;
  std::chrono::steady_clock::time_point begin;
  int tries = 0;
  std::barrier start(threads, [&]() noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (tries++ > 0) best = std::min(best, std::chrono::duration<double>(now - begin).count());
    begin = now;
  });
  std::vector<std::thread> team;
  team.reserve(static_cast<std::size_t>(threads));
  for (int thread = 0; thread < threads; ++thread) {
    team.emplace_back([&, thread] {
      for (int i = 0; i < kTries; ++i) {
        start.arrive_and_wait();
        work(thread);
      }
      start.arrive_and_wait();
    });
  }
  for (std::thread& member : team) member.join();
  return best;
}

// The best of all measurements of one thing in this process.
template <class Key>
double best_so_far(Key key, double measured) {
  static std::map<Key, double> bests;
  double& best = bests[key];
  return best = std::max(best, measured);
}

}  // namespace

double peak_flops(int threads) {
  // More chains than the latency of an addition times the units that can add.
  constexpr int kChains = 12, kRounds = 20000;
  const double seconds = fastest(threads, [](int) {
    Register sums[kChains] = {};
    Register factor = Register{} + 0.999f, term = Register{} + 1e-3f;
    asm volatile("" : "+m"(factor), "+m"(term));
    for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
      for (Register& sum : sums) sum = sum * factor + term;
    }
    asm volatile("" ::"m"(sums));
  });
  return best_so_far(threads, 2.0 * kLanes * kChains * kRounds * threads / seconds);
}

double peak_bandwidth(int threads, std::int64_t bytes) {
  const auto half = static_cast<std::size_t>(std::max<std::int64_t>(bytes / 2 / threads, 4096));
  const std::size_t rounds = std::max<std::size_t>(1, (4 << 20) / half);
  std::vector<std::vector<char>> from, to;
  for (int thread = 0; thread < threads; ++thread) {
    from.emplace_back(half, 1);
    to.emplace_back(half, 2);
  }
  const double seconds = fastest(threads, [&](int thread) {
    const auto i = static_cast<std::size_t>(thread);
    for (std::size_t round = 0; round < rounds; ++round) {
      std::memcpy(to[i].data(), from[i].data(), half);
      asm volatile("" ::: "memory");
    }
  });
  return best_so_far(std::pair(threads, half),
                     2.0 * static_cast<double>(half * rounds) * threads / seconds);
}

}  // namespace kiln::bench
