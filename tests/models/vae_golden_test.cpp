// SPDX-License-Identifier: MIT
// 10 steps of recipe `basic` against PyTorch (scripts/golden/vae_golden.py).
#include "engine/data/gather.h"
#include "models/vae/vae.h"
#include "tests/models/golden.h"
#include "tests/support/devices.h"

namespace kiln::test {
namespace {

class VaeGolden : public PlaceTest {};

TEST_P(VaeGolden, TenStepsMatchPyTorch) {
  if (is_double()) GTEST_SKIP() << "the models compute in float";
  constexpr std::int64_t kBatch = 64, kSteps = 10, kLatent = 20;
  const Tensor images = golden_images(kBatch * kSteps, device());
  models::Vae vae(models::VaeRecipe::from_name("basic"), 784, 1, device());
  set_hashed_weights(vae.encoder(), 0, device());
  set_hashed_weights(vae.decoder(), 20, device());

  std::vector<double> reconstruction, kl;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    std::vector<std::int32_t> indices;
    for (std::int64_t i = 0; i < kBatch; ++i) {
      indices.push_back(static_cast<std::int32_t>(step * kBatch + i));
    }
    vae.train_step(gather_rows(images, Tensor::from_host(indices, {kBatch}, device())),
                   hashed_noise(kBatch, kLatent, static_cast<std::uint32_t>(100 + step), device()));
    const models::VaeLoss mean = vae.read_metrics();
    reconstruction.push_back(mean.reconstruction);
    kl.push_back(mean.kl);
  }

  const nlohmann::json golden = read_golden("vae.json");
  EXPECT_TRUE(near(reconstruction, golden["reconstruction"].get<std::vector<double>>(), 1e-5, 0));
  EXPECT_TRUE(near(kl, golden["kl"].get<std::vector<double>>(), 1e-5, 0));
  expect_golden_weights(vae.encoder(), golden["encoder"]);
  expect_golden_weights(vae.decoder(), golden["decoder"]);
}

KILN_ON_EVERY_PLACE(VaeGolden);

}  // namespace
}  // namespace kiln::test
