// SPDX-License-Identifier: MIT
// safetensors files.
#include "engine/io/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const SafetensorsFile file(path);
    for (const auto& [name, tensor] : file.tensors()) {
      fuzz::touch(tensor.bytes);
      fuzz::touch(file.f32(name, tensor.shape));
    }
    for (const auto& [key, value] : file.metadata()) fuzz::touch(value);
  });
  return 0;
}
