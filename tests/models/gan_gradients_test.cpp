// SPDX-License-Identifier: MIT
// What either player of a GAN minimises, as a function of all its weights: first and second order
// against central differences, for fully connected and for convolutional nets.
#include <vector>

#include "engine/nn/categorical_latents.h"
#include "engine/ops/concat.h"
#include "engine/ops/conv.h"
#include "engine/ops/linear.h"
#include "engine/ops/reduce.h"
#include "models/gan/gan_loss.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using models::GanLoss;
using Tensors = const std::vector<Tensor>&;

constexpr Activation kSmooth = {ActivationKind::tanh};
constexpr ConvStep kHalvingStep = {2, 1};
constexpr std::int64_t kDrawn = 2, kGridSide = 4, kGridPixels = kGridSide * kGridSide;

// Two nets whose weights are a list, the generator's four first.
struct Nets {
  std::vector<Input> weights;
  Tensor (*generate)(Tensors w, const Tensor& noise);
  Tensor (*judge)(Tensors w, const Tensor& images);
};

const Nets kDense = {
    {input({3, 2}, -1, 1, 1), input({3}, -1, 1, 2), input({kGridPixels, 3}, -1, 1, 3),
     input({kGridPixels}, -1, 1, 4), input({3, kGridPixels}, -0.5, 0.5, 5), input({3}, -1, 1, 6),
     input({1, 3}, -1, 1, 7), input({1}, -1, 1, 8)},
    [](Tensors w, const Tensor& noise) {
      return linear(linear(noise, w[0], w[1], kSmooth), w[2], w[3], {ActivationKind::sigmoid});
    },
    [](Tensors w, const Tensor& images) {
      return linear(linear(images, w[4], w[5], kSmooth), w[6], w[7]);
    }};

// 2 -> 2 channels of 2x2 -> 4x4, and back.
const Nets kConvolutional = {
    {input({8, 2}, -1, 1, 1), input({8}, -1, 1, 2), input({2, 1, 4, 4}, -1, 1, 3),
     input({1}, -1, 1, 4), input({2, 1, 4, 4}, -0.5, 0.5, 5), input({2}, -1, 1, 6),
     input({1, 8}, -1, 1, 7), input({1}, -1, 1, 8)},
    [](Tensors w, const Tensor& noise) {
      const Tensor hidden = reshape(linear(noise, w[0], w[1], kSmooth), {noise.dim(0), 2, 2, 2});
      const Tensor images =
          conv_transpose2d(hidden, w[2], w[3], kHalvingStep, {ActivationKind::sigmoid});
      return reshape(images, {noise.dim(0), kGridPixels});
    },
    [](Tensors w, const Tensor& images) {
      const std::int64_t n = images.dim(0);
      const Tensor hidden =
          conv2d(reshape(images, {n, 1, kGridSide, kGridSide}), w[4], w[5], kHalvingStep, kSmooth);
      return linear(reshape(hidden, {n, 8}), w[6], w[7]);
    }};

class GanGradients : public OpTest {
 protected:
  static Tensor like(Tensors w, const Input& made) {
    return make_tensor(made.values, made.shape, w[0].device(), w[0].dtype());
  }
  static Tensor noise(Tensors w) { return like(w, input({kDrawn, 2}, -1, 1, 20)); }

  // Of real and generated images in turns, with an R1 penalty of weight 0.5.
  static Tensor of_discriminator(const Nets& nets, GanLoss loss, Tensors w) {
    Tensor real = like(w, input({kDrawn, kGridPixels}, 0, 1, 21));
    real.set_requires_grad(true);
    const Tensor images = concat_columns(real, nets.generate(w, noise(w)));
    const Tensor judged = nets.judge(w, reshape(images, {2 * kDrawn, kGridPixels}));
    const double other = models::target_of_generated(loss);
    const Tensor targets = like(w, {{2 * kDrawn, 1}, {1, other, 1, other}});
    const Tensor slope = grad(sum(nets.judge(w, real)), {real}, true)[0];
    return models::discriminator_loss(loss, judged, targets) + sum(square(slope), 0.25 / kDrawn);
  }
  static Tensor of_generator(const Nets& nets, GanLoss loss, Tensors w) {
    return models::generator_loss(loss, nets.judge(w, nets.generate(w, noise(w))),
                                  like(w, {{kDrawn, 1}, {1, 1}}));
  }

  void check_losses(const Nets& nets, const std::vector<GanLoss>& losses) const {
    for (const GanLoss loss : losses) {
      SCOPED_TRACE(static_cast<int>(loss));
      check([&](Tensors w) { return of_discriminator(nets, loss, w); }, nets.weights);
      check([&](Tensors w) { return of_generator(nets, loss, w); }, nets.weights);
    }
  }
};

TEST_P(GanGradients, OfDenseNets) {
  check_losses(kDense,
               {GanLoss::logits, GanLoss::least_squares, GanLoss::hinge, GanLoss::wasserstein});
}

// The losses of `stable` without labels: of noise with two categories, which the discriminator
// guesses; R1 is on its verdict alone.
TEST_P(GanGradients, OfCategories) {
  std::vector<Input> weights = kDense.weights;
  weights[0] = input({3, 3}, -1, 1, 1);
  weights[6] = input({3, 3}, -1, 1, 7);
  weights[7] = input({3}, -1, 1, 8);
  const auto generated = [](Tensors w) {
    nn::CategoricalLatents code(2);
    return kDense.generate(w, code(like(w, input({kDrawn, 3}, -1, 1, 20))));
  };
  check(
      [&](Tensors w) {
        Tensor real = like(w, input({kDrawn, kGridPixels}, 0, 1, 21));
        real.set_requires_grad(true);
        const Tensor images =
            reshape(concat_columns(real, generated(w)), {2 * kDrawn, kGridPixels});
        const Tensor slope = grad(columns(kDense.judge(w, real), 0, 1), {real}, true)[0];
        return models::discriminator_loss(
                   GanLoss::logits, kDense.judge(w, images),
                   like(w, {{2 * kDrawn, 3}, {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1}}),
                   like(w, {{2 * kDrawn, 3}, {1, 0, 0, 1, 0.5, 0.5, 1, 0, 0, 1, 0.5, 0.5}})) +
               sum(square(slope), 0.25 / kDrawn);
      },
      weights);
  check(
      [&](Tensors w) {
        return models::generator_loss(GanLoss::logits, kDense.judge(w, generated(w)),
                                      like(w, {{kDrawn, 3}, {1, 1, 0, 1, 0, 1}}),
                                      like(w, {{kDrawn, 3}, {1, 0.5, 0.5, 1, 0.5, 0.5}}));
      },
      weights);
}

TEST_P(GanGradients, OfConvolutionalNets) { check_losses(kConvolutional, {GanLoss::logits}); }

KILN_ON_EVERY_PLACE(GanGradients);

}  // namespace
}  // namespace kiln::test
