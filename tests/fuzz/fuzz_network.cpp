// SPDX-License-Identifier: MIT
// Networks: safetensors files with an architecture.
#include "models/network_file.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const models::LoadedNetwork loaded = models::load_network(path, Device::cpu());
    for (const Tensor& parameter : loaded.network->parameters()) {
      fuzz::touch(parameter.to_host<float>());
    }
  });
  return 0;
}
