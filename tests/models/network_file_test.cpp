// SPDX-License-Identifier: MIT
#include "models/network_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/autograd/grad_mode.h"
#include "engine/io/safetensors.h"
#include "engine/rng.h"
#include "models/dcgan/dcgan.h"
#include "models/mlp.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using models::ActivationKind;
using models::Mlp;

const models::MlpConfig kConfig = {
    {3, 5, 4}, {ActivationKind::leaky_relu, 0.2f}, {ActivationKind::sigmoid}};

class NetworkFile : public ::testing::Test {
 protected:
  // A file with these tensors and this metadata entry; "" leaves it out.
  void write(const std::string& architecture, std::vector<std::size_t> weight_shape = {4, 3},
             bool with_bias = true, bool with_extra = false, float first_value = 0.5f) {
    std::vector<float> values(64, 0.5f);
    values[0] = first_value;
    const auto add = [&](SafetensorsWriter& writer, const char* name,
                         const std::vector<std::size_t>& shape) {
      std::size_t count = 1;
      for (const std::size_t size : shape) count *= size;
      writer.add_f32(name, shape, std::span(values).first(count));
    };
    SafetensorsWriter writer;
    if (!architecture.empty()) writer.set_metadata("kiln.architecture", architecture);
    add(writer, "fc1.weight", weight_shape);
    if (with_bias) add(writer, "fc1.bias", {4});
    if (with_extra) add(writer, "fc2.bias", {2});
    writer.write(path_);
  }

  void expect_load_error(const std::string& text) {
    expect_error([&] { models::load_network(path_, Device::cpu()); }, path_.string() + ": " + text);
  }

  static std::string architecture(const std::string& sizes, const std::string& image_shape,
                                  const std::string& activation = R"({"type":"relu"})") {
    return R"({"type":"mlp","role":"generator","sizes":)" + sizes + R"(,"hidden_activation":)" +
           activation + R"(,"output_activation":{"type":"sigmoid"},"image_shape":)" + image_shape +
           "}";
  }

  TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_.path() / "model.safetensors";
};

TEST_F(NetworkFile, RoundTripKeepsEveryBit) {
  Mlp mlp(kConfig, 11, Device::cpu());
  models::save_network(path_, mlp, {"generator", {2, 2}});
  const models::LoadedNetwork loaded = models::load_network(path_, Device::cpu());
  EXPECT_EQ(loaded.info.role, "generator");
  EXPECT_EQ(loaded.info.image_shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(loaded.network->layers()[0].activation.kind, ActivationKind::leaky_relu);
  const NoGradGuard no_grad;
  const Tensor x = Rng(1, Device::cpu()).normal({7, 3});
  EXPECT_TRUE(same_bits(mlp(x).to_host<float>(), (*loaded.network)(x).to_host<float>()));
}

TEST_F(NetworkFile, ConvolutionsRoundTripKeepsEveryBit) {
  const models::DcganConfig config = {
      .inputs = 3, .image_side = 8, .hidden = {5}, .channels = {3, 2}};
  models::Chain generator(models::dcgan_generator(config), 11, Device::cpu());
  models::Chain discriminator(models::dcgan_discriminator(config), 12, Device::cpu());
  const NoGradGuard no_grad;
  for (models::Chain* chain : {&generator, &discriminator}) {
    models::save_network(path_, *chain,
                         {chain == &generator ? "generator" : "discriminator", {8, 8}});
    const models::LoadedNetwork loaded = models::load_network(path_, Device::cpu());
    const Tensor x = Rng(1, Device::cpu()).normal({7, chain->inputs()});
    EXPECT_TRUE(same_bits((*chain)(x).to_host<float>(), (*loaded.network)(x).to_host<float>()));
  }
}

TEST_F(NetworkFile, NamesArePyTorchs) {
  models::save_network(path_, Mlp(kConfig, 11, Device::cpu()), {"generator", {2, 2}});
  const SafetensorsFile file(path_);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight"}));
  EXPECT_EQ(file.tensor("fc1.weight").shape, (std::vector<std::size_t>{5, 3}));
  EXPECT_EQ(file.metadata_value("format"), "pt");
}

TEST_F(NetworkFile, RefusesWhatDoesNotFit) {
  write("");
  expect_load_error("not a model that Kiln can build: the metadata has no 'kiln.architecture'");
  write(architecture("[3,4]", "[2,2]"), {3, 4});
  expect_load_error("tensor 'fc1.weight' has shape (3,4), expected (4,3)");
  write(architecture("[3,4]", "[2,2]"), {4, 3}, false);
  expect_load_error("tensor 'fc1.bias' is missing");
  write(architecture("[3,4]", "[2,2]"), {4, 3}, true, true);
  expect_load_error("tensor 'fc2.bias' does not belong to the architecture");
  write(architecture("[3,4]", "[2,2]"), {4, 3}, true, false, std::nanf(""));
  expect_load_error("tensor 'fc1.weight' holds a number that is not finite");
  write(architecture("[3,4]", "[2,3]"));
  expect_load_error(
      "metadata 'kiln.architecture' cannot be used: image shape (2,3) does not hold 4 pixels");
  write(architecture("[3]", "[2,2]"));
  expect_load_error(
      "metadata 'kiln.architecture' cannot be used: [mlp] layer sizes (3) are not "
      "two or more positive numbers");
  write(architecture("[3,4]", "[2,2]", R"({"type":"gelu"})"));
  expect_load_error("metadata 'kiln.architecture' cannot be used: activation 'gelu' is unknown");
}

// A layer that chooses categories has no tensors.
TEST_F(NetworkFile, CategoriesRoundTrip) {
  models::ChainConfig layers = models::layers_of(kConfig);
  layers.insert(layers.begin(), {.name = "code",
                                 .kind = models::LayerKind::categorical,
                                 .in = {3},
                                 .out = {3},
                                 .categories = 2});
  models::Chain made(layers, 1, Device::cpu());
  save_network(path_, made, {"generator", {2, 2}});
  const models::LoadedNetwork loaded = models::load_network(path_, Device::cpu());
  EXPECT_EQ(loaded.network->layers()[0].categories, 2);
  EXPECT_EQ(loaded.network->named_parameters()[0].name, "fc1.weight");
  const Tensor z = Rng(1, Device::cpu()).normal({5, 3});
  EXPECT_TRUE(same_bits((*loaded.network)(z).to_host<float>(), made(z).to_host<float>()));
}

TEST_F(NetworkFile, RefusesCategoriesThatDoNotFit) {
  const std::string linear =
      R"({"name":"fc1","type":"linear","in":[3],"out":[4],"activation":{"type":"relu"}})";
  const auto code = [](const std::string& sizes, const std::string& activation = "identity") {
    return R"({"name":"code","type":"categorical",)" + sizes + R"(,"activation":{"type":")" +
           activation + R"("}})";
  };
  const auto expect_refused = [&](const std::string& layers, const std::string& why) {
    write(R"({"type":"chain","role":"generator","image_shape":[2,2],"layers":[)" + layers + "]}");
    expect_load_error("metadata 'kiln.architecture' cannot be used: " + why);
  };
  for (const auto& [sizes, text] : std::vector<std::pair<std::string, std::string>>{
           {R"("in":[3],"out":[3],"categories":3)", "(3) with 3 categories of (3)"},
           {R"("in":[3],"out":[3],"categories":1)", "(3) with 1 categories of (3)"},
           {R"("in":[3],"out":[3],"categories":-9)", "(3) with -9 categories of (3)"},
           {R"("in":[4],"out":[3],"categories":2)", "(3) with 2 categories of (4)"}}) {
    expect_refused(code(sizes) + "," + linear, "[chain] layer 'code' makes " + text);
  }
  const std::string good = R"("in":[3],"out":[3],"categories":2)";
  expect_refused(code(good, "relu") + "," + linear, "[chain] layer 'code' takes no activation");
  write(R"({"type":"chain","role":"generator","image_shape":[2,2],"classes":1,"layers":[)" +
        code(good) + "," + linear + "]}");
  expect_load_error(
      "metadata 'kiln.architecture' cannot be used: of 3 inputs, 1 cannot be classes and 2 choose "
      "a category");
  expect_refused(code(good),
                 "[chain] layer 'code' chooses categories, but not before other layers");
  expect_refused(linear + "," + code(R"("in":[4],"out":[4],"categories":2)"),
                 "[chain] layer 'code' chooses categories, but not before other layers");
}

// Each line below is the one layer of a file that says it has a convolution.
TEST_F(NetworkFile, RefusesConvolutionsThatDoNotFit) {
  const auto expect_refused = [&](const std::string& layer, const std::string& why) {
    write(R"({"type":"chain","role":"generator","image_shape":[2,2],"layers":[)" + layer + "]}");
    expect_load_error("metadata 'kiln.architecture' cannot be used: " + why);
  };
  const auto layer = [](const std::string& type, const std::string& sizes,
                        const std::string& step = R"("kernel_size":4,"stride":2,"padding":1)") {
    return R"({"name":"conv1","type":")" + type + "\"," + sizes + "," + step +
           R"(,"activation":{"type":"relu"}})";
  };
  const std::string sizes = R"("in":[3,1,1],"out":[1,2,2])";
  expect_refused("", "there are no layers");
  expect_refused(layer("conv3d", sizes), "layer type 'conv3d' is unknown");
  expect_refused(layer("conv2d", sizes), "[chain] layer 'conv1' does not make (1,2,2) of (3,1,1)");
  expect_refused(layer("conv_transpose2d", R"("in":[3,1],"out":[1,2,2])"),
                 "[chain] layer 'conv1' makes (1,2,2) of (3,1), which are not both (channels, "
                 "height, width)");
  expect_refused(layer("conv_transpose2d", sizes, R"("kernel_size":4,"stride":0,"padding":1)"),
                 "[chain] layer 'conv1' has no kernel, no stride or a negative padding");
  expect_refused(layer("conv_transpose2d", sizes, R"("kernel_size":4,"stride":2.5,"padding":1)"),
                 "size 2.5 is not a whole number");
  expect_refused(
      layer("conv_transpose2d", R"("in":[3,3000000000,1],"out":[1,2,2])"),
      "[chain] layer 'conv1' has the size (3,3000000000,1), which is not from 1 to 2^31");
  const std::string good = layer("conv_transpose2d", sizes);
  expect_refused(good + "," + good, "[chain] two layers are named 'conv1'");
  expect_refused(good + R"(,{"name":"fc1","type":"linear","in":[5],"out":[4],)" +
                     R"("activation":{"type":"relu"}})",
                 "[chain] layer 'fc1' takes (5), but 'conv1' makes (1,2,2)");
}

// Sizes that a file merely claims must not become memory.
TEST_F(NetworkFile, LyingSizesAllocateNothing) {
  write(architecture("[2000000000,4]", "[2,2]"));
  expect_load_error("tensor 'fc1.weight' has shape (4,3), expected (4,2000000000)");
  write(architecture("[4000000000,4]", "[2,2]"));
  expect_load_error(
      "metadata 'kiln.architecture' cannot be used: [chain] layer 'fc1' has the size (4000000000), "
      "which is not from 1 to 2^31");
  write(architecture("[-3,4]", "[2,2]"));
  EXPECT_THROW(models::load_network(path_, Device::cpu()), Error);
}

TEST_F(NetworkFile, DeepAndLongArchitecturesAreRefused) {
  constexpr std::size_t kDepth = 1'000'000;
  const std::string nested = std::string(kDepth, '[') + std::string(kDepth, ']');
  write(architecture("[" + nested + ",4]", "[2,2]"));
  expect_load_error("metadata 'kiln.architecture' cannot be used: JSON is nested too deeply");
  std::string sizes = "[1";
  for (int i = 0; i < 20'000; ++i) sizes += ",1";
  write(architecture(sizes + "]", "[2,2]"));
  expect_load_error("metadata 'kiln.architecture' cannot be used: JSON has too many parts");
}

}  // namespace
}  // namespace kiln::test
