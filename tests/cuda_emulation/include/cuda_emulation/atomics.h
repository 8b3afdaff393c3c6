// SPDX-License-Identifier: MIT
// Atomic functions on global and shared memory: relaxed order, as on the device, and a place where
// another thread may be run first.
#pragma once

#include <type_traits>

namespace cuda_emulation {

/// Lets another thread of the block run, now and then.
void preemption_point();

/// old = *p; *p = update(old), as one step.
template <class T, class Update>
T atomic_update(T* p, Update update) {
  preemption_point();
  T old;
  __atomic_load(p, &old, __ATOMIC_RELAXED);
  T next = update(old);
  while (!__atomic_compare_exchange(p, &old, &next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    next = update(old);
  }
  return old;
}

template <class T>
concept AtomicInteger = std::is_same_v<T, int> || std::is_same_v<T, unsigned int> ||
    std::is_same_v<T, unsigned long long>;
template <class T>
concept AtomicNumber = AtomicInteger<T> || std::is_same_v<T, float> || std::is_same_v<T, double>;

template <class T>
using Same = std::type_identity_t<T>;

}  // namespace cuda_emulation

template <cuda_emulation::AtomicNumber T>
T atomicAdd(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T old) {
    if constexpr (std::is_same_v<T, int>) {  // wraps, as on the device
      return static_cast<int>(static_cast<unsigned>(old) + static_cast<unsigned>(value));
    } else {
      return static_cast<T>(old + value);
    }
  });
}
template <cuda_emulation::AtomicInteger T>
T atomicSub(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T old) {
    using Wide = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Wide>(old) - static_cast<Wide>(value));
  });
}
template <class T>
requires(cuda_emulation::AtomicInteger<T> || std::is_same_v<T, float>) T
    atomicExch(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T) { return value; });
}
template <cuda_emulation::AtomicInteger T>
T atomicMin(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T old) { return value < old ? value : old; });
}
template <cuda_emulation::AtomicInteger T>
T atomicMax(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T old) { return old < value ? value : old; });
}
template <cuda_emulation::AtomicInteger T>
T atomicAnd(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T old) { return static_cast<T>(old & value); });
}
template <cuda_emulation::AtomicInteger T>
T atomicOr(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T old) { return static_cast<T>(old | value); });
}
template <cuda_emulation::AtomicInteger T>
T atomicXor(T* p, cuda_emulation::Same<T> value) {
  return cuda_emulation::atomic_update(p, [=](T old) { return static_cast<T>(old ^ value); });
}
/// old = *p; *p = old >= limit ? 0 : old + 1
inline unsigned int atomicInc(unsigned int* p, unsigned int limit) {
  return cuda_emulation::atomic_update(
      p, [=](unsigned int old) { return old >= limit ? 0u : old + 1u; });
}
/// old = *p; *p = old == expected ? desired : old. Compares bits.
template <cuda_emulation::AtomicInteger T>
T atomicCAS(T* p, cuda_emulation::Same<T> expected, cuda_emulation::Same<T> desired) {
  cuda_emulation::preemption_point();
  T found = expected;
  __atomic_compare_exchange(p, &found, &desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return found;
}
