// SPDX-License-Identifier: MIT
// Choices between kernels, which may be read back as they are written.
#include "kernels/gemm_choice_file.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    for (const auto& [key, choice] : kernels::read_gemm_choices(path).choices) {
      const auto again = kernels::parse_gemm_choice_line(kernels::gemm_choice_line(key, choice));
      fuzz::require(again && again->first == key, "a choice is not read as it is written");
    }
  });
  return 0;
}
