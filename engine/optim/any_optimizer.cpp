// SPDX-License-Identifier: MIT
#include "engine/optim/any_optimizer.h"

#include "engine/optim/clip_grad.h"

namespace kiln::optim {

OptimizerKind optimizer_kind_from_name(const std::string& name) {
  if (name == "adam") return OptimizerKind::adam;
  if (name == "adamw") return OptimizerKind::adamw;
  if (name == "sgd") return OptimizerKind::sgd;
  if (name == "rmsprop") return OptimizerKind::rmsprop;
  throw Error("optimizer '" + name + "' is unknown: use adam, adamw, sgd or rmsprop");
}

AnyOptimizer::Kinds AnyOptimizer::make(ParameterArena& arena, const OptimizerChoice& choice) {
  const bool is_adam = choice.kind == OptimizerKind::adam || choice.kind == OptimizerKind::adamw;
  if (choice.momentum != 0 && is_adam) {
    throw Error("[optimizer] adam has no momentum to set: that is of sgd and rmsprop");
  }
  if (choice.nesterov && choice.kind != OptimizerKind::sgd) {
    throw Error("[optimizer] nesterov is of sgd alone");
  }
  switch (choice.kind) {
    case OptimizerKind::sgd:
      return Kinds(std::in_place_type<Sgd>, arena,
                   SgdConfig{.learning_rate = choice.learning_rate,
                             .momentum = choice.momentum,
                             .weight_decay = choice.weight_decay,
                             .nesterov = choice.nesterov,
                             .warmup_steps = choice.warmup_steps});
    case OptimizerKind::rmsprop:
      return Kinds(std::in_place_type<Rmsprop>, arena,
                   RmspropConfig{.learning_rate = choice.learning_rate,
                                 .momentum = choice.momentum,
                                 .weight_decay = choice.weight_decay,
                                 .warmup_steps = choice.warmup_steps});
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      break;
  }
  return Kinds(std::in_place_type<Adam>, arena,
               AdamConfig{.learning_rate = choice.learning_rate,
                          .weight_decay = choice.weight_decay,
                          .warmup_steps = choice.warmup_steps,
                          .decoupled_weight_decay = choice.kind == OptimizerKind::adamw});
}

AnyOptimizer::AnyOptimizer(ParameterArena& arena, const OptimizerChoice& choice)
    : arena_(arena), choice_(choice), optimizer_(make(arena, choice)) {
  check_not_negative("optimizer", "gradient norm", choice.max_grad_norm);
  check_not_negative("optimizer", "gradient value", choice.max_grad_value);
}

void AnyOptimizer::step() {
  if (choice_.max_grad_value > 0) clip_grad_value(arena_, choice_.max_grad_value);
  if (choice_.max_grad_norm > 0) clip_grad_norm(arena_, choice_.max_grad_norm);
  std::visit([](auto& optimizer) { optimizer.step(); }, optimizer_);
}

void AnyOptimizer::set_learning_rate(double learning_rate) {
  std::visit([&](auto& optimizer) { optimizer.set_learning_rate(learning_rate); }, optimizer_);
}

void AnyOptimizer::visit_state(StateVisitor& visitor, const std::string& name) {
  std::visit([&](auto& optimizer) { optimizer.visit_state(visitor, name); }, optimizer_);
}

}  // namespace kiln::optim
