// SPDX-License-Identifier: MIT
// Whether this CPU has instructions for products in bf16; benchmarks in it are left out elsewhere.
#pragma once

namespace kiln::bench {

inline bool cpu_multiplies_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

}  // namespace kiln::bench
