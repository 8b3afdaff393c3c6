// SPDX-License-Identifier: MIT
// The JSON that says what `sweep` searches.
#include "apps/sweep_space.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const apps::SweepSpace space = apps::SweepSpace::read(path);
    for (const auto& [option, value] : space.draw(1, 0)) fuzz::touch(value);
  });
  return 0;
}
