// SPDX-License-Identifier: MIT
// Environment variables, and the random generator that one of them seeds.
#include "environment.h"

#include <cstdlib>

#include "random.h"

namespace cuda_emulation {

std::uint64_t environment_number(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return fallback;
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text, &end, 0);
  return *end == '\0' ? value : fallback;
}

Random& schedule_random() {
  static Random random(environment_number("KILN_EMULATION_SEED", 1));
  return random;
}

}  // namespace cuda_emulation
