// SPDX-License-Identifier: MIT
// .npy files: of any numbers, and of float32.
#include "engine/io/npy.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/touch_rows.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const NpyArray array = read_npy(path, fuzz::kMostBytes);
    fuzz::require(is_npy(path), "an array was read from what is no .npy");
    fuzz::touch(array.bytes);
  });
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    fuzz::touch(read_npy_floats(path, fuzz::kMostBytes).values);
  });
  fuzz::expect_read_or_error({data, size}, fuzz::touch_rows);
  return 0;
}
