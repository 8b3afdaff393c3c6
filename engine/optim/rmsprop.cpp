// SPDX-License-Identifier: MIT
#include "engine/optim/rmsprop.h"

namespace kiln::optim {

template <>
struct OptimizerRule<RmspropConfig> {
  static void check(const RmspropConfig& config) {
    check_not_negative(RmspropConfig::kName, "epsilon", config.epsilon);
    check_not_negative(RmspropConfig::kName, "momentum", config.momentum);
    check_fraction(RmspropConfig::kName, "alpha", config.alpha);
  }
  static std::string first(const RmspropConfig& /*config*/) { return "square_avg"; }
  static std::string second(const RmspropConfig& config) {
    return config.momentum > 0 ? "momentum_buffer" : "";
  }
};

template class Optimizer<RmspropConfig>;

}  // namespace kiln::optim
