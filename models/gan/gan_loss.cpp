// SPDX-License-Identifier: MIT
#include "models/gan/gan_loss.h"

#include "engine/ops/loss.h"

namespace kiln::models {
namespace {

// scale * the mean over the rows
template <class Loss>
Tensor mean_of_rows(Loss loss, const Tensor& outputs, const Tensor& targets, const Tensor& weights,
                    double scale) {
  scale /= static_cast<double>(outputs.dim(0));
  return weights.defined() ? sum_loss(loss, outputs, targets, weights, scale)
                           : sum_loss(loss, outputs, targets, scale);
}

}  // namespace

double target_of_generated(GanLoss loss) {
  return loss == GanLoss::hinge || loss == GanLoss::wasserstein ? -1 : 0;
}

Tensor discriminator_loss(GanLoss loss, const Tensor& outputs, const Tensor& targets,
                          const Tensor& weights) {
  switch (loss) {
    case GanLoss::log_loss:
      return mean_of_rows(kernels::LogLoss{}, outputs, targets, weights, 2);
    case GanLoss::logits:
      return mean_of_rows(kernels::BceWithLogits{}, outputs, targets, weights, 2);
    case GanLoss::least_squares:
      return mean_of_rows(kernels::SquaredError{}, outputs, targets, weights, 1);
    case GanLoss::hinge:
      return mean_of_rows(kernels::Hinge{}, outputs, targets, weights, 2);
    case GanLoss::wasserstein:
      break;
  }
  return mean_of_rows(kernels::Wasserstein{}, outputs, targets, weights, 2);
}

Tensor generator_loss(GanLoss loss, const Tensor& outputs, const Tensor& targets,
                      const Tensor& weights) {
  switch (loss) {
    case GanLoss::log_loss:
      return mean_of_rows(kernels::LogLoss{}, outputs, targets, weights, 1);
    case GanLoss::logits:
      return mean_of_rows(kernels::BceWithLogits{}, outputs, targets, weights, 1);
    case GanLoss::least_squares:
      return mean_of_rows(kernels::SquaredError{}, outputs, targets, weights, 0.5);
    case GanLoss::hinge:
    case GanLoss::wasserstein:
      break;
  }
  return mean_of_rows(kernels::Wasserstein{}, outputs, targets, weights, 1);
}

}  // namespace kiln::models
