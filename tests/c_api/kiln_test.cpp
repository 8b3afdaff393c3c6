// SPDX-License-Identifier: MIT
#include "kiln/kiln.h"

#include <gtest/gtest.h>

#include <barrier>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "models/draw.h"
#include "models/mlp.h"
#include "tests/support/near.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

constexpr std::int64_t kHeight = 5, kWidth = 7, kClasses = 3;

using Generator = std::unique_ptr<kiln_generator, decltype(&kiln_free)>;

// On "cpu" and "cuda"; the latter skips where there is no device.
class CApi : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    try {
      Device::from_name(GetParam());
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  // A file of untrained weights; a network with classes takes them as its last inputs.
  std::string file(std::int64_t classes, const std::string& role = "generator") const {
    const models::MlpConfig config = {{8 + classes, 64, kHeight * kWidth},
                                      {models::ActivationKind::relu},
                                      {models::ActivationKind::sigmoid}};
    std::string path = (folder_ / "model.safetensors").string();
    models::save_network(path, models::Mlp(config, 3, Device::cpu()),
                         {role, {kHeight, kWidth}, classes});
    return path;
  }

  static Generator load(const std::string& path) {
    return {kiln_load(path.c_str(), GetParam()), &kiln_free};
  }

  static std::vector<float> draw(const Generator& generator, std::int64_t count, std::uint64_t seed,
                                 std::int64_t label = KILN_LABELS_IN_TURN) {
    std::vector<float> pixels(static_cast<std::size_t>(count * kHeight * kWidth));
    EXPECT_EQ(kiln_generate(generator.get(), count, seed, label, 0, pixels.data()), 0)
        << kiln_last_error();
    return pixels;
  }

  TemporaryDirectory folder_;
};

TEST_P(CApi, SaysWhatAGeneratorDraws) {
  const Generator plain = load(file(0));
  ASSERT_NE(plain, nullptr) << kiln_last_error();
  EXPECT_EQ(kiln_height(plain.get()), kHeight);
  EXPECT_EQ(kiln_width(plain.get()), kWidth);
  EXPECT_EQ(kiln_classes(plain.get()), 0);
  EXPECT_EQ(kiln_classes(load(file(kClasses)).get()), kClasses);
}

TEST_P(CApi, DrawsTheImagesOfCpp) {
  const std::string path = file(kClasses);
  const Generator generator = load(path);
  const Device device = Device::from_name(GetParam());
  const models::LoadedNetwork network = models::load_network(path, device);
  models::DrawSettings settings = {.count = 300, .seed = 5, .label = {}};
  EXPECT_TRUE(same_bits(draw(generator, 300, 5), models::draw_images(network, settings, device)));
  settings.label = 2;
  settings.truncation = 0.5;
  std::vector<float> pixels(300 * kHeight * kWidth);
  ASSERT_EQ(kiln_generate(generator.get(), 300, 5, 2, 0.5, pixels.data()), 0);
  EXPECT_TRUE(same_bits(pixels, models::draw_images(network, settings, device)));
}

TEST_P(CApi, ThreadsThatShareAGeneratorDrawWhatEachDrawsAlone) {
  constexpr std::size_t kThreads = 4;
  const int rounds = GetParam() == std::string("cpu") ? 300 : 3;  // on a GPU they take turns
  const Generator generator = load(file(kClasses));
  std::vector<std::vector<float>> alone;
  for (std::size_t seed = 0; seed < kThreads; ++seed) alone.push_back(draw(generator, 270, seed));
  std::vector<int> equal(kThreads);
  std::barrier together(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t seed = 0; seed < kThreads; ++seed) {
    threads.emplace_back([&, seed] {
      for (int round = 0; round < rounds; ++round) {
        together.arrive_and_wait();
        equal[seed] += draw(generator, 270, seed) == alone[seed] ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(equal, std::vector<int>(kThreads, rounds));
}

TEST_P(CApi, ErrorsBelongToTheThreadThatMadeThem) {
  const Generator generator = load(file(kClasses));
  float pixel = 0;
  EXPECT_EQ(kiln_generate(generator.get(), 1, 1, kClasses, 0, &pixel), -1);
  const std::string here = kiln_last_error();
  std::thread([] { EXPECT_STREQ(kiln_last_error(), ""); }).join();
  std::thread([] { EXPECT_EQ(kiln_load(nullptr, "cpu"), nullptr); }).join();
  EXPECT_EQ(kiln_last_error(), here);
}

TEST_P(CApi, RefusesFilesAndDevicesInOneLine) {
  const std::string path = file(0, "classifier");
  EXPECT_EQ(load(path), nullptr);
  // The weights are a classifier's that sees 8 pixels, not 35.
  EXPECT_NE(std::string(kiln_last_error()).find(path + ": "), std::string::npos);
  EXPECT_EQ(load((folder_ / "absent").string()), nullptr);
  EXPECT_NE(std::string(kiln_last_error()).find("absent: "), std::string::npos);
  EXPECT_EQ(kiln_load(path.c_str(), "tpu"), nullptr);
  EXPECT_STREQ(kiln_last_error(), "device 'tpu' is unknown: use auto, cpu or cuda");
  EXPECT_EQ(kiln_load(nullptr, "cpu"), nullptr);
  EXPECT_STREQ(kiln_last_error(), "kiln_load: path or device is NULL");
  EXPECT_EQ(kiln_load(path.c_str(), nullptr), nullptr);
  kiln_free(nullptr);
}

TEST_P(CApi, RefusesANetworkThatIsNoGenerator) {
  const std::string path = (folder_ / "discriminator.safetensors").string();
  models::save_network(path, models::Mlp({{kHeight * kWidth, 1}}, 3, Device::cpu()),
                       {"discriminator", {kHeight, kWidth}});
  EXPECT_EQ(load(path), nullptr);
  EXPECT_EQ(kiln_last_error(), path + ": its role is 'discriminator', not 'generator'");
}

TEST_P(CApi, RefusesSettingsAndLeavesThePixels) {
  const std::string path = file(kClasses);
  const Generator generator = load(path);
  std::vector<float> pixels(kHeight * kWidth, -7);
  const auto expect_refused = [&](std::int64_t count, std::int64_t label, double truncation,
                                  const std::string& why) {
    EXPECT_EQ(kiln_generate(generator.get(), count, 1, label, truncation, pixels.data()), -1);
    EXPECT_EQ(kiln_last_error(), why);
  };
  expect_refused(1, kClasses, 0, path + ": label 3 is not one of its 3 classes");
  expect_refused(1, -2, 0, path + ": label -2 is not one of its 3 classes");
  expect_refused(1, 0, 0.01, path + ": truncation 0.010000 is not a number of at least 0.1");
  const std::string most = std::to_string(PTRDIFF_MAX / 4 / (kHeight * kWidth));
  expect_refused(-1, 0, 0, "kiln_generate: count -1 is not from 0 to " + most);
  expect_refused(INT64_MAX, 0, 0,
                 "kiln_generate: count 9223372036854775807 is not from 0 to " + most);
  EXPECT_EQ(kiln_generate(nullptr, 1, 1, 0, 0, pixels.data()), -1);
  EXPECT_STREQ(kiln_last_error(), "kiln_generate: generator or pixels is NULL");
  EXPECT_EQ(kiln_generate(generator.get(), 1, 1, 0, 0, nullptr), -1);
  EXPECT_EQ(pixels, std::vector<float>(kHeight * kWidth, -7));
  EXPECT_EQ(kiln_generate(generator.get(), 0, 1, 0, 0, pixels.data()), 0);
  EXPECT_EQ(pixels, std::vector<float>(kHeight * kWidth, -7));
}

INSTANTIATE_TEST_SUITE_P(Every, CApi, ::testing::Values("cpu", "cuda"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace kiln::test
