// SPDX-License-Identifier: MIT
// Checkpoints, of a training whose state is a tensor and two numbers.
#include "engine/io/state_file.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const Tensor weights = Tensor::zeros({2, 3}, Device::cpu());
    std::int64_t step = 0;
    double loss = 0;
    StateFile(path).restore([&](StateVisitor& visitor) {
      visitor.visit("weights", weights);
      visitor.visit("step", step);
      visitor.visit("loss", loss);
    });
    fuzz::touch(weights.to_host<float>());
  });
  return 0;
}
