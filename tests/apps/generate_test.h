// SPDX-License-Identifier: MIT
// A small generator for the tests of `generate`, which needs no training.
#pragma once

#include <string>

#include "models/mlp.h"
#include "models/network_file.h"
#include "tests/apps/app_test.h"

namespace kiln::test {

class GenerateTest : public AppTest {
 protected:
  static constexpr std::size_t kHeight = 5, kWidth = 7;

  void SetUp() override {
    const models::MlpConfig config = {{10, 16, kHeight * kWidth},
                                      {models::ActivationKind::relu},
                                      {models::ActivationKind::sigmoid}};
    models::save_network(folder_ / "generator.safetensors", models::Mlp(config, 3, Device::cpu()),
                         {"generator", {kHeight, kWidth}});
  }

  Outcome draw(const std::string& out, const Arguments& more = {}, RunOptions options = {}) const {
    Arguments arguments = {"--out", out};
    if (std::find(more.begin(), more.end(), "--model") == more.end()) {
      arguments.insert(arguments.end(), {"--model", "generator.safetensors"});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return generate(arguments, options);
  }
};

}  // namespace kiln::test
