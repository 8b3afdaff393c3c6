// SPDX-License-Identifier: MIT
#include "models/dcgan/dcgan.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/loss.h"
#include "engine/ops/reduce.h"
#include "engine/optim/adam.h"
#include "engine/rng.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using DcganTest = PlaceTest;

using models::Activation;
using models::ActivationKind;
using models::Chain;

const Activation kLeakyRelu = {ActivationKind::leaky_relu, 0.2f};

Chain small_generator(Device device) {
  return {models::dcgan_generator({.inputs = 5,
                                   .image_side = 8,
                                   .hidden = {6},
                                   .channels = {4, 3},
                                   .output_activation = {ActivationKind::sigmoid}}),
          1, device};
}

Chain small_discriminator(Device device) {
  return {models::dcgan_discriminator(
              {.image_side = 8, .hidden = {7}, .channels = {3, 4}, .activation = kLeakyRelu}),
          2, device};
}

// Those of a step: the discriminator's with an R1 penalty of weight 1.
Tensor discriminator_loss(nn::Module& discriminator, const Tensor& real, const Tensor& fake) {
  Tensor x = real.detach();
  x.set_requires_grad(true);
  const Tensor judged = discriminator(x);
  const Tensor slope = grad(sum(judged), {x}, true)[0];
  return bce_with_logits(judged, 1) + bce_with_logits(discriminator(fake.detach()), 0) +
         sum(square(slope), 0.5 / static_cast<double>(real.dim(0)));
}

TEST_P(DcganTest, ParametersHavePyTorchsNames) {
  const Chain generator(models::dcgan_generator({.hidden = {256}}), 1, device());
  const Chain discriminator(models::dcgan_discriminator({.channels = {32, 64}}), 1, device());
  const auto describe = [](const nn::Module& module) {
    std::string text;
    for (const auto& [name, tensor] : module.named_parameters()) {
      text += name + to_string(tensor.shape()) + " ";
    }
    return text;
  };
  EXPECT_EQ(describe(generator),
            "fc1.weight(256,100) fc1.bias(256) fc2.weight(3136,256) fc2.bias(3136) "
            "conv1.weight(64,32,4,4) conv1.bias(32) "
            "conv2.weight(32,1,4,4) conv2.bias(1) ");
  EXPECT_EQ(describe(discriminator),
            "conv1.weight(32,1,4,4) conv1.bias(32) conv2.weight(64,32,4,4) conv2.bias(64) "
            "fc1.weight(1,3136) fc1.bias(1) ");
}

TEST_P(DcganTest, ImagesAreRowsBetweenZeroAndOne) {
  Chain generator(models::dcgan_generator({.output_activation = {ActivationKind::sigmoid}}), 1,
                  device());
  Chain discriminator(models::dcgan_discriminator({}), 2, device());
  const Tensor images = generator(Rng(3, device()).normal({2, 100}));
  ASSERT_EQ(images.shape(), (Shape{2, 784}));
  for (const float pixel : images.to_host<float>()) {
    EXPECT_GT(pixel, 0.0f);
    EXPECT_LT(pixel, 1.0f);
  }
  EXPECT_EQ(discriminator(images).shape(), (Shape{2, 1}));
}

// ((i a) mod m) / m - 1/2, as scripts/golden/dcgan_golden.py makes them.
Tensor golden_tensor(const Shape& shape, std::int64_t a, std::int64_t m, Device device) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    values.push_back(static_cast<float>(i * a % m) / static_cast<float>(m) - 0.5f);
  }
  return Tensor::from_host(values, shape, device);
}

TEST_P(DcganTest, LossesAndGradientsMatchPyTorch) {
  Chain generator = small_generator(device()), discriminator = small_discriminator(device());
  for (const Tensor& p : generator.parameters()) {
    p.copy_from(golden_tensor(p.shape(), 37, 101, device()));
  }
  for (const Tensor& p : discriminator.parameters()) {
    p.copy_from(golden_tensor(p.shape(), 53, 89, device()));
  }
  const Tensor noise = golden_tensor({3, 5}, 29, 71, device());
  const Tensor real = golden_tensor({3, 64}, 43, 97, device());

  std::ifstream file(KILN_GOLDEN_DIR "/dcgan.json");
  const nlohmann::json golden = nlohmann::json::parse(file);
  const auto expect_gradients = [](const nn::Module& module, const nlohmann::json& expected) {
    const std::vector<nn::NamedTensor> parameters = module.named_parameters();
    ASSERT_EQ(parameters.size(), expected.size());
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      EXPECT_TRUE(near(parameters[p].tensor.grad().to_host<float>(),
                       expected[p].get<std::vector<double>>(), 2e-5, 2e-6))
          << parameters[p].name;
    }
  };
  const Tensor fake = generator(noise);
  const Tensor d_loss = discriminator_loss(discriminator, real, fake);
  backward(d_loss, discriminator.parameters());
  EXPECT_NEAR(d_loss.item(), golden["d_loss"].get<double>(), 1e-5);
  expect_gradients(discriminator, golden["d_gradients"]);
  const Tensor g_loss = bce_with_logits(discriminator(fake), 1);
  backward(g_loss, generator.parameters());
  EXPECT_NEAR(g_loss.item(), golden["g_loss"].get<double>(), 1e-5);
  expect_gradients(generator, golden["g_gradients"]);
}

// Ten steps of Adam on both nets; the losses, and images at the end.
std::vector<double> train_dcgan(Device device) {
  Chain generator = small_generator(device), discriminator = small_discriminator(device);
  optim::ParameterArena g_arena(generator.parameters()), d_arena(discriminator.parameters());
  const optim::AdamConfig adam = {.learning_rate = 1e-2, .beta1 = 0, .beta2 = 0.99};
  optim::Adam g_adam(g_arena, adam), d_adam(d_arena, adam);
  Rng rng(3, Device::cpu());
  const Tensor real = rng.uniform({6, 64}).to(device);
  std::vector<double> results;
  for (int step = 0; step < 10; ++step) {
    const Tensor fake = generator(rng.normal({6, 5}).to(device));
    const Tensor d_loss = discriminator_loss(discriminator, real, fake);
    backward(d_loss, d_arena.parameters());
    d_adam.step();
    const Tensor g_loss = bce_with_logits(discriminator(fake), 1);
    backward(g_loss, g_arena.parameters());
    g_adam.step();
    results.push_back(d_loss.item());
    results.push_back(g_loss.item());
  }
  for (const double pixel : values_of(generator(rng.normal({2, 5}).to(device)))) {
    results.push_back(pixel);
  }
  return results;
}

TEST_P(DcganTest, TrainsAsOnTheCpu) {
  const std::vector<double> expected = train_dcgan(Device::cpu());
  EXPECT_TRUE(near(train_dcgan(device()), expected, 1e-3, 1e-4));
  EXPECT_LT(expected[18], expected[0]);  // the discriminator has learned something
}

// layer_outputs() and forward_of(): of some rows of a batch, the gradients of those rows alone.
TEST_P(DcganTest, AGraphOfSomeRowsIsThatOfTheWholePass) {
  Chain generator = small_generator(device()), discriminator = small_discriminator(device());
  for (Chain* chain : {&generator, &discriminator}) {
    Tensor x = Rng(5, device()).normal({4, chain->inputs()});
    const auto last_two = [](const Tensor& t) { return t.slice(2 * t.dim(1), {2, t.dim(1)}); };
    const Tensor y = Tensor::empty({4, chain->outputs()}, device());
    std::vector<Tensor> outputs = chain->layer_outputs(x, y);
    for (Tensor& output : outputs) output = last_two(output);
    std::vector<Tensor> inputs = chain->parameters();
    Tensor some = last_two(x).detach();
    some.set_requires_grad(true);
    inputs.push_back(some);
    const std::vector<Tensor> expected = grad(sum(square((*chain)(some))), inputs);
    const Tensor again = chain->forward_of(some, outputs);
    EXPECT_TRUE(near(values_of(again), values_of((*chain)(some)), 1e-6, 1e-6));
    const std::vector<Tensor> gradients = grad(sum(square(again)), inputs);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      EXPECT_TRUE(near(values_of(gradients[i]), values_of(expected[i]), 1e-5, 1e-5)) << i;
    }
  }
}

TEST_P(DcganTest, Errors) {
  expect_error([&] { models::dcgan_generator({.image_side = 30}); },
               "[dcgan] an image of side 30 cannot be halved 2 times");
  expect_error(
      [&] {
        models::dcgan_discriminator({.channels = {4, 0}});
      },
      "[dcgan] channels (4,0) are not one or more positive numbers");
  Chain discriminator(models::dcgan_discriminator({}), 1, device());
  expect_error(
      [&] {
        discriminator(Tensor::zeros({2, 100}, device()));
      },
      "[chain] input (2,100) is not rows of 784");
}

KILN_ON_EVERY_FLOAT_PLACE(DcganTest);

}  // namespace
}  // namespace kiln::test
