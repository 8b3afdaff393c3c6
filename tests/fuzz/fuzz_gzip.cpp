// SPDX-License-Identifier: MIT
// gzip, or any other file as it is.
#include "engine/io/gzip.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    fuzz::touch(read_plain_or_gzip(path, fuzz::kMostBytes));
  });
  return 0;
}
