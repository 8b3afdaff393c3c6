// SPDX-License-Identifier: MIT
// An optimizer that is chosen when the program runs, with the gradients clipped before each update
// if that is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/optim/adam.h"
#include "engine/optim/rmsprop.h"
#include "engine/optim/sgd.h"

namespace kiln::optim {

enum class OptimizerKind { adam, adamw, sgd, rmsprop };

// Errors: another word.
OptimizerKind optimizer_kind_from_name(const std::string& name);

// What is not here has the default of the kind's own config.
struct OptimizerChoice {
  OptimizerKind kind = OptimizerKind::adam;
  double learning_rate = 1e-3;
  double weight_decay = 0;  // decoupled from the gradient in adamw, a part of it in the others
  double momentum = 0;      // of sgd and rmsprop
  bool nesterov = false;    // of sgd
  std::int64_t warmup_steps = 0;
  double max_grad_norm = 0;   // 0: gradients are not clipped
  double max_grad_value = 0;  // likewise
};

class AnyOptimizer {
 public:
  // `arena` must outlive the optimizer. Errors: those of the kind; a momentum that the kind has no
  // use for; a bound that is negative or not finite.
  AnyOptimizer(ParameterArena& arena, const OptimizerChoice& choice);

  // Clips the gradients, by value and then by norm, applies them and forgets them.
  void step();

  // Takes effect at the next step, a replayed one too.
  void set_learning_rate(double learning_rate);
  void visit_state(StateVisitor& visitor, const std::string& name);

 private:
  using Kinds = std::variant<Adam, Sgd, Rmsprop>;
  static Kinds make(ParameterArena& arena, const OptimizerChoice& choice);

  const ParameterArena& arena_;
  OptimizerChoice choice_;
  Kinds optimizer_;
};

}  // namespace kiln::optim
