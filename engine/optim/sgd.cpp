// SPDX-License-Identifier: MIT
#include "engine/optim/sgd.h"

namespace kiln::optim {

template <>
struct OptimizerRule<SgdConfig> {
  static void check(const SgdConfig& config) {
    check_not_negative(SgdConfig::kName, "momentum", config.momentum);
    if (config.nesterov && config.momentum == 0) {
      throw Error("[sgd] nesterov wants a momentum above 0");
    }
  }
  static std::string first(const SgdConfig& config) {
    return config.momentum > 0 ? "momentum_buffer" : "";
  }
  static std::string second(const SgdConfig& /*config*/) { return {}; }
};

template class Optimizer<SgdConfig>;

}  // namespace kiln::optim
