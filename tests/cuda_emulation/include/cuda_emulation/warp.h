// SPDX-License-Identifier: MIT
// Warp shuffles, votes and reductions (CUDA C++ Programming Guide, "Warp Shuffle Functions" and
// following). Stricter than hardware: a value shuffled from a lane that has exited or does not
// exist is 0xFF bytes (NaN), and none of them orders memory except __syncwarp.
#pragma once

#include <cstring>
#include <source_location>
#include <type_traits>

#include "cuda_emulation/warp_collective.h"

namespace cuda_emulation {

template <class T>
struct ShuffleArgument {
  T value;
  unsigned source;
  T result;
};

template <class T>
void complete_shuffle(void* const* arguments, unsigned participants) {
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((participants >> lane & 1u) == 0) continue;
    auto* mine = static_cast<ShuffleArgument<T>*>(arguments[lane]);
    if (participants >> mine->source & 1u) {
      mine->result = static_cast<ShuffleArgument<T>*>(arguments[mine->source])->value;
    } else {
      std::memset(&mine->result, 0xFF, sizeof(T));
    }
  }
}

template <class T>
T shuffle(const char* name, unsigned mask, T value, unsigned source, std::source_location site) {
  static_assert(std::is_arithmetic_v<T>, "shuffles move one scalar");
  ShuffleArgument<T> argument{value, source, value};
  warp_collective({name, mask, &argument, complete_shuffle<T>, site});
  return argument.result;
}

struct VoteArgument {
  unsigned value;
  unsigned result;
};

/// `combine` folds the lanes' values: result = combine(result, value, lane), from `start`.
template <class Combine>
unsigned vote(const char* name, unsigned mask, unsigned value, std::source_location site) {
  VoteArgument argument{value, 0};
  auto complete = [](void* const* arguments, unsigned participants) {
    unsigned result = Combine::start;
    for (unsigned lane = 0; lane < 32; ++lane) {
      if (participants >> lane & 1u) {
        result = Combine::fold(result, static_cast<VoteArgument*>(arguments[lane])->value, lane);
      }
    }
    for (unsigned lane = 0; lane < 32; ++lane) {
      if (participants >> lane & 1u) static_cast<VoteArgument*>(arguments[lane])->result = result;
    }
  };
  warp_collective({name, mask, &argument, complete, site});
  return argument.result;
}

struct BallotFold {
  static constexpr unsigned start = 0;
  static unsigned fold(unsigned sum, unsigned v, unsigned lane) {
    return sum | (v ? 1u << lane : 0u);
  }
};
struct AnyFold {
  static constexpr unsigned start = 0;
  static unsigned fold(unsigned sum, unsigned v, unsigned) { return sum | (v ? 1u : 0u); }
};
struct AllFold {
  static constexpr unsigned start = 1;
  static unsigned fold(unsigned sum, unsigned v, unsigned) { return v ? sum : 0u; }
};
struct AddFold {
  static constexpr unsigned start = 0;
  static unsigned fold(unsigned sum, unsigned v, unsigned) { return sum + v; }
};
struct MinFold {
  static constexpr unsigned start = ~0u;
  static unsigned fold(unsigned sum, unsigned v, unsigned) { return v < sum ? v : sum; }
};
struct MaxFold {
  static constexpr unsigned start = 0;
  static unsigned fold(unsigned sum, unsigned v, unsigned) { return v > sum ? v : sum; }
};

/// __syncwarp: lanes meet and see each other's earlier writes.
void warp_barrier(unsigned mask, std::source_location site);

}  // namespace cuda_emulation

#define KILN_EMULATION_SITE std::source_location site = std::source_location::current()

inline void __syncwarp(unsigned mask = 0xffffffffu, KILN_EMULATION_SITE) {
  cuda_emulation::warp_barrier(mask, site);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, KILN_EMULATION_SITE) {
  const unsigned lane = cuda_emulation::lane_id(), w = static_cast<unsigned>(width);
  const unsigned from = (lane & ~(w - 1)) | (static_cast<unsigned>(source) & (w - 1));
  return cuda_emulation::shuffle("__shfl_sync", mask, value, from, site);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, KILN_EMULATION_SITE) {
  const unsigned lane = cuda_emulation::lane_id(), w = static_cast<unsigned>(width);
  const unsigned from = (lane & (w - 1)) >= delta ? lane - delta : lane;
  return cuda_emulation::shuffle("__shfl_up_sync", mask, value, from, site);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, KILN_EMULATION_SITE) {
  const unsigned lane = cuda_emulation::lane_id(), w = static_cast<unsigned>(width);
  const unsigned from = delta < w - (lane & (w - 1)) ? lane + delta : lane;
  return cuda_emulation::shuffle("__shfl_down_sync", mask, value, from, site);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32, KILN_EMULATION_SITE) {
  const unsigned lane = cuda_emulation::lane_id(), w = static_cast<unsigned>(width);
  const unsigned other = (lane ^ static_cast<unsigned>(flip)) & 31u;
  const unsigned from = other < (lane & ~(w - 1)) + w ? other : lane;
  return cuda_emulation::shuffle("__shfl_xor_sync", mask, value, from, site);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, KILN_EMULATION_SITE) {
  return cuda_emulation::vote<cuda_emulation::BallotFold>("__ballot_sync", mask, predicate != 0,
                                                          site);
}
inline int __any_sync(unsigned mask, int predicate, KILN_EMULATION_SITE) {
  return static_cast<int>(
      cuda_emulation::vote<cuda_emulation::AnyFold>("__any_sync", mask, predicate != 0, site));
}
inline int __all_sync(unsigned mask, int predicate, KILN_EMULATION_SITE) {
  return static_cast<int>(
      cuda_emulation::vote<cuda_emulation::AllFold>("__all_sync", mask, predicate != 0, site));
}

inline unsigned __reduce_add_sync(unsigned mask, unsigned value, KILN_EMULATION_SITE) {
  return cuda_emulation::vote<cuda_emulation::AddFold>("__reduce_add_sync", mask, value, site);
}
inline int __reduce_add_sync(unsigned mask, int value, KILN_EMULATION_SITE) {
  return static_cast<int>(__reduce_add_sync(mask, static_cast<unsigned>(value), site));
}
inline unsigned __reduce_min_sync(unsigned mask, unsigned value, KILN_EMULATION_SITE) {
  return cuda_emulation::vote<cuda_emulation::MinFold>("__reduce_min_sync", mask, value, site);
}
inline int __reduce_min_sync(unsigned mask, int value, KILN_EMULATION_SITE) {
  const unsigned biased = static_cast<unsigned>(value) ^ 0x80000000u;  // keeps signed order
  return static_cast<int>(__reduce_min_sync(mask, biased, site) ^ 0x80000000u);
}
inline unsigned __reduce_max_sync(unsigned mask, unsigned value, KILN_EMULATION_SITE) {
  return cuda_emulation::vote<cuda_emulation::MaxFold>("__reduce_max_sync", mask, value, site);
}
inline int __reduce_max_sync(unsigned mask, int value, KILN_EMULATION_SITE) {
  const unsigned biased = static_cast<unsigned>(value) ^ 0x80000000u;
  return static_cast<int>(__reduce_max_sync(mask, biased, site) ^ 0x80000000u);
}

/// A warp may be fully diverged at any time, so the caller alone is always a legal answer.
inline unsigned __activemask() { return 1u << cuda_emulation::lane_id(); }
