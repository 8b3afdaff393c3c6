// SPDX-License-Identifier: MIT
#include "machine_peak.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/gemm_amx_cpu.h"
#include "kernels/gemm_bf16_cpu.h"

#if defined(__x86_64__)
#include "kernels/gemm_amx_tile.h"
#endif

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
// More chains than the latency of an addition times the units that can add.
constexpr int kChains = 12, kRounds = 20000;

// Seconds of the fastest try of work(thread), which all threads do at the same time.
template <class Work>
double fastest(int threads, Work&& work) {
  // OpenMP's team spins for some milliseconds after a loop, on cores that are needed here.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
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
double best_so_far(const std::pair<std::string, std::int64_t>& key, double measured) {
  static std::map<std::pair<std::string, std::int64_t>, double> bests;
  double& best = bests[key];
  return best = std::max(best, measured);
}

}  // namespace

double peak_flops(int threads) {
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
  return best_so_far({"fp32", threads}, 2.0 * kLanes * kChains * kRounds * threads / seconds);
}

#if defined(__x86_64__)
namespace {

__attribute__((target("avx512f,avx512bf16"))) void multiply_bf16() {
  __m512 sums[kChains] = {};
  __m512i ones = _mm512_set1_epi32(0x3f803f80);
  asm volatile("" : "+m"(ones));
  const auto factor = reinterpret_cast<__m512bh>(ones);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, factor, factor);
  }
  asm volatile("" ::"m"(sums));
}

constexpr int kTileRounds = 10000;

KILN_AMX void multiply_tiles() {
  static const std::vector<std::uint32_t> kOnes(256, 0x3f803f80);
  kernels::amx::configure_tiles();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_loadd(4, kOnes.data(), 64);
  _tile_loadd(5, kOnes.data(), 64);
  for (int round = 0; round < kTileRounds; ++round) {
    _tile_dpbf16ps(0, 4, 5);
    _tile_dpbf16ps(1, 4, 5);
    _tile_dpbf16ps(2, 4, 5);
    _tile_dpbf16ps(3, 4, 5);
  }
  kernels::amx::release_tiles();
}

}  // namespace
#endif

double peak_flops_bf16(int threads) {
#if defined(__x86_64__)
  if (kernels::cpu_has_amx()) {
    const double seconds = fastest(threads, [](int) { multiply_tiles(); });
    return best_so_far({"bf16", threads}, 4 * 2.0 * 16 * 16 * 32 * kTileRounds * threads / seconds);
  }
  if (kernels::cpu_multiplies_bf16_fast()) {
    const double seconds = fastest(threads, [](int) { multiply_bf16(); });
    return best_so_far({"bf16", threads}, 2.0 * 32 * kChains * kRounds * threads / seconds);
  }
#endif
  return peak_flops(threads);
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
  return best_so_far({"bandwidth of " + std::to_string(threads), static_cast<std::int64_t>(half)},
                     2.0 * static_cast<double>(half * rounds) * threads / seconds);
}

}  // namespace kiln::bench
