// SPDX-License-Identifier: MIT
// What is exported, read again and run, computes what the network does.
#include "models/onnx_export.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/autograd/grad_mode.h"
#include "engine/onnx/model_file.h"
#include "models/dcgan/dcgan.h"
#include "models/mlp.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using models::ActivationKind, models::NetworkInfo;

class OnnxExport : public PlaceTest {
 protected:
  std::string values(const std::vector<onnx::ValueInfo>& infos) {
    std::string text;
    for (const onnx::ValueInfo& info : infos) text += to_string(info) + ";";
    return text;
  }

  // Saves, loads and exports a network of these layers, and runs the export with other batches than
  // one. Returns its inputs and outputs in words.
  std::string exported(const models::ChainConfig& layers, const NetworkInfo& info) {
    const TemporaryDirectory folder;
    models::save_network(folder / "m", models::Chain(layers, 5, Device::cpu()), info);
    const models::LoadedNetwork loaded = models::load_network(folder / "m", device());
    onnx::write_model(folder / "m.onnx", models::onnx_model(*loaded.network, loaded.info));
    const onnx::Network network(folder / "m.onnx", device());
    for (const std::int64_t batch : {1, 4}) {
      const models::OnnxExample example = models::onnx_example(loaded, batch, 3, device());
      const onnx::NamedTensors outputs = network.run(example.inputs);
      EXPECT_EQ(outputs.size(), example.outputs.size());
      for (const auto& [name, y] : outputs) {
        const Tensor& expected = example.outputs.at(name);
        EXPECT_EQ(y.shape(), expected.shape());
        EXPECT_TRUE(near(y.to_host<float>(), expected.to_host<float>(), 1e-6, 1e-6)) << name;
      }
    }
    return values(network.inputs()) + " " + values(network.outputs());
  }
};
KILN_ON_EVERY_FLOAT_PLACE(OnnxExport);

TEST_P(OnnxExport, Generators) {
  const models::ChainConfig layers =
      models::layers_of({{5, 7, 6}, {ActivationKind::leaky_relu, 0.2f}, {ActivationKind::sigmoid}});
  EXPECT_EQ(exported(layers, {"generator", {2, 3}}),
            "z float (batch,5); image float (batch,1,2,3);");
  EXPECT_EQ(exported(layers, {.role = "generator", .image_shape = {2, 3}, .classes = 2}),
            "z float (batch,3);label int64 (batch); image float (batch,1,2,3);");
}

models::ChainConfig layers_that_choose() {
  models::ChainConfig layers =
      models::layers_of({{5, 7, 6}, {ActivationKind::relu}, {ActivationKind::sigmoid}});
  layers.insert(layers.begin(), {.name = "code",
                                 .kind = models::LayerKind::categorical,
                                 .in = {5},
                                 .out = {5},
                                 .categories = 3});
  return layers;
}

TEST_P(OnnxExport, AGeneratorThatChoosesCategories) {
  EXPECT_EQ(exported(layers_that_choose(), {"generator", {2, 3}}),
            "z float (batch,5); image float (batch,1,2,3);");
}

// Clipped latent numbers, and no noise at all.
TEST_P(OnnxExport, OfEqualNumbersTheFirstChooses) {
  const TemporaryDirectory folder;
  models::Chain chain(layers_that_choose(), 5, device());
  onnx::write_model(folder / "m.onnx", models::onnx_model(chain, {"generator", {2, 3}}));
  const Tensor z = Tensor::from_host(
      std::vector<float>{0, 0, 0, 0, 0, -1, 1, 1, 2, -2, 1, -1, 1, 0, 1}, {3, 5}, device());
  const NoGradGuard no_grad;
  EXPECT_TRUE(near(onnx::Network(folder / "m.onnx", device()).run(z).to_host<float>(),
                   chain(z).to_host<float>(), 1e-6, 1e-6));
}

TEST_P(OnnxExport, ADecoderWhosePixelsFollowItsLogits) {
  const models::ChainConfig layers =
      models::layers_of({{5, 7, 6}, {ActivationKind::tanh}, {ActivationKind::identity}});
  EXPECT_EQ(exported(layers, {.role = "generator",
                              .image_shape = {2, 3},
                              .pixel_activation = {ActivationKind::sigmoid}}),
            "z float (batch,5); image float (batch,1,2,3);");
}

TEST_P(OnnxExport, Encoders) {
  EXPECT_EQ(
      exported(models::layers_of({{8, 7, 4}, {ActivationKind::relu}, {}}),
               {.role = "encoder", .image_shape = {2, 3}, .classes = 2}),
      "image float (batch,1,2,3);label int64 (batch); mean float (batch,2);log_variance float "
      "(batch,2);");
}

TEST_P(OnnxExport, Classifiers) {
  EXPECT_EQ(
      exported(models::layers_of({{6, 7, 4}, {ActivationKind::relu}, {}}), {"classifier", {2, 3}}),
      "image float (batch,1,2,3); logits float (batch,4);probabilities float (batch,4);");
}

TEST_P(OnnxExport, Convolutions) {
  const models::DcganConfig config = {.inputs = 3,
                                      .image_side = 8,
                                      .hidden = {5},
                                      .channels = {3, 2},
                                      .output_activation = {ActivationKind::sigmoid}};
  EXPECT_EQ(exported(models::dcgan_generator(config), {"generator", {8, 8}}),
            "z float (batch,3); image float (batch,1,8,8);");
  EXPECT_EQ(exported(models::dcgan_discriminator(config), {"discriminator", {8, 8}}),
            "image float (batch,1,8,8); score float (batch,1);");
}

TEST_P(OnnxExport, ADiscriminatorThatGuessesCategories) {
  EXPECT_EQ(exported(models::layers_of({{6, 7, 4}, {ActivationKind::relu}, {}}),
                     {"discriminator", {2, 3}}),
            "image float (batch,1,2,3); score float (batch,1);category_logits float (batch,3);");
}

TEST(OnnxExportModel, SaysWhatItIs) {
  const models::Mlp mlp({{3, 4}}, 1, Device::cpu());
  const NetworkInfo info = {"generator", {2, 2}};
  const onnx::Model model = models::onnx_model(mlp, info);
  EXPECT_EQ(model.ir_version, 6);
  EXPECT_EQ(model.opsets.at(""), 11);
  EXPECT_EQ(model.producer_name, "kiln");
  EXPECT_EQ(model.metadata.at("kiln.architecture"), models::architecture_json(mlp, info));
  EXPECT_EQ(model.graph.initializers[0].name, "fc1.weight");
}

TEST(OnnxExportModel, RefusesRolesThatItDoesNotKnow) {
  const models::Mlp mlp({{3, 4}}, 1, Device::cpu());
  expect_error(
      [&] {
        models::onnx_model(mlp, {"oracle\n", {2, 2}});
      },
      "[onnx] a network of the role 'oracle\n' is not known");
  expect_error(
      [&] {
        models::onnx_model(mlp, {"generator", {4}});
      },
      "[onnx] image shape (4) is not (height, width)");
  expect_error(
      [&] {
        models::onnx_model(models::Mlp({{4, 3}}, 1, Device::cpu()), {"encoder", {2, 2}});
      },
      "[onnx] an encoder's 3 outputs are not means and log-variances");
}

// A state_dict that safetensors.torch has saved, and what PyTorch computes with it.
TEST(PytorchSafetensors, LoadAndComputeTheSame) {
  std::ifstream file(KILN_GOLDEN_DIR "/pytorch_mlp.json");
  const auto golden = nlohmann::json::parse(file);
  const models::LoadedNetwork loaded =
      models::load_network(KILN_GOLDEN_DIR "/pytorch_mlp.safetensors", Device::cpu());
  const NoGradGuard no_grad;
  const Tensor x = Tensor::from_host(golden["x"].get<std::vector<float>>(), {3, 5}, Device::cpu());
  EXPECT_TRUE(
      near((*loaded.network)(x).to_host<float>(), golden["y"].get<std::vector<float>>(), 0, 1e-6));
}

}  // namespace
}  // namespace kiln::test
