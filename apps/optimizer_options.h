// SPDX-License-Identifier: MIT
// --optimizer, --lr and what goes with them.
#pragma once

#include <cmath>
#include <string>

#include "apps/command_line.h"
#include "engine/optim/any_optimizer.h"
#include "kernels/error.h"

namespace kiln::apps {

struct OptimizerOptions {
  std::string kind = "adam";
  optim::OptimizerChoice choice;

  void add_to(CLI::App& app) {
    app.add_option("--optimizer", kind, "adam, adamw, sgd or rmsprop")->capture_default_str();
    const auto add = [&](const char* name, double& value, const char* what) {
      app.add_option(name, value, what)->check(not_empty())->capture_default_str();
    };
    add("--lr", choice.learning_rate, "Learning rate");
    app.add_option("--lr-warmup", choice.warmup_steps, "Steps in which it rises from 0")
        ->check(whole_number(0, kMaxCount))
        ->capture_default_str();
    add("--weight-decay", choice.weight_decay, "Decoupled from the gradient in adamw");
    add("--momentum", choice.momentum, "Of sgd and rmsprop");
    app.add_flag("--nesterov", choice.nesterov, "Of sgd with momentum");
    add("--clip-norm", choice.max_grad_norm,
        "Scale gradients down to this length together; 0: do not");
    add("--clip-value", choice.max_grad_value, "Bound each gradient by this; 0: do not");
  }

  // What they ask for. Errors: another kind, a number that is negative or not finite.
  optim::OptimizerChoice checked() {
    choice.kind = optim::optimizer_kind_from_name(kind);
    for (const auto& [option, value] : {std::pair{"--lr", choice.learning_rate},
                                        {"--weight-decay", choice.weight_decay},
                                        {"--momentum", choice.momentum},
                                        {"--clip-norm", choice.max_grad_norm},
                                        {"--clip-value", choice.max_grad_value}}) {
      if (value >= 0 && std::isfinite(value)) continue;
      throw Error(fmt::format("{} {} is not a number of at least 0", option, value));
    }
    return choice;
  }
};

}  // namespace kiln::apps
