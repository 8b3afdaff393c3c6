// SPDX-License-Identifier: MIT
#include "engine/optim/adam.h"

namespace kiln::optim {

template <>
struct OptimizerRule<AdamConfig> {
  static void check(const AdamConfig& config) {
    check_not_negative(AdamConfig::kName, "epsilon", config.epsilon);
    check_fraction(AdamConfig::kName, "beta1", config.beta1);
    check_fraction(AdamConfig::kName, "beta2", config.beta2);
  }
  static std::string first(const AdamConfig& /*config*/) { return "exp_avg"; }
  static std::string second(const AdamConfig& /*config*/) { return "exp_avg_sq"; }
};

template class Optimizer<AdamConfig>;

}  // namespace kiln::optim
