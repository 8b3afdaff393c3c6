// SPDX-License-Identifier: MIT
// Lists of SHA-256 sums.
#include "engine/data/sha256.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    for (const auto& [name, digest] : read_sha256_sums(path)) {
      fuzz::require(digest.size() == 64, "a sum is not of 64 digits", digest);
      fuzz::touch(name);
    }
  });
  return 0;
}
