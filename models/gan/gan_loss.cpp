// SPDX-License-Identifier: MIT
#include "models/gan/gan_loss.h"

#include "engine/ops/loss.h"

namespace kiln::models {

double target_of_generated(GanLoss loss) {
  return loss == GanLoss::hinge || loss == GanLoss::wasserstein ? -1 : 0;
}

Tensor discriminator_loss(GanLoss loss, const Tensor& outputs, const Tensor& targets) {
  const double scale = 2.0 / static_cast<double>(outputs.numel());
  switch (loss) {
    case GanLoss::log_loss:
      return sum_loss(kernels::LogLoss{}, outputs, targets, scale);
    case GanLoss::logits:
      return sum_loss(kernels::BceWithLogits{}, outputs, targets, scale);
    case GanLoss::least_squares:
      return sum_loss(kernels::SquaredError{}, outputs, targets, scale / 2);
    case GanLoss::hinge:
      return sum_loss(kernels::Hinge{}, outputs, targets, scale);
    case GanLoss::wasserstein:
      break;
  }
  return sum_loss(kernels::Wasserstein{}, outputs, targets, scale);
}

Tensor generator_loss(GanLoss loss, const Tensor& outputs, const Tensor& ones) {
  switch (loss) {
    case GanLoss::log_loss:
      return log_loss(outputs, 1);
    case GanLoss::logits:
      return bce_with_logits(outputs, 1);
    case GanLoss::least_squares:
      return sum_loss(kernels::SquaredError{}, outputs, ones,
                      0.5 / static_cast<double>(outputs.numel()));
    case GanLoss::hinge:
    case GanLoss::wasserstein:
      break;
  }
  return wasserstein(outputs, 1);
}

}  // namespace kiln::models
