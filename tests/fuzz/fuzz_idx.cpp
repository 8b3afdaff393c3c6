// SPDX-License-Identifier: MIT
// IDX files: images, and labels.
#include "engine/io/idx.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/touch_rows.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const IdxImages images = read_idx_images(path, fuzz::kMostBytes);
    fuzz::require(images.pixels.size() == images.count * images.height * images.width,
                  "the pixels are not those of the images");
    fuzz::touch(images.pixels);
  });
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    fuzz::touch(read_idx_labels(path, fuzz::kMostBytes));
  });
  fuzz::expect_read_or_error({data, size}, fuzz::touch_rows);
  return 0;
}
