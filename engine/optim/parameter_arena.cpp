// SPDX-License-Identifier: MIT
#include "engine/optim/parameter_arena.h"

#include <algorithm>

#include "engine/autograd/backward.h"
#include "engine/dispatch.h"
#include "engine/tensor_impl.h"

namespace kiln::optim {

ParameterArena::ParameterArena(std::vector<Tensor> parameters)
    : parameters_(std::move(parameters)) {
  constexpr std::int64_t kAlignment = 64;
  if (parameters_.empty()) throw Error("[arena] there are no parameters");
  std::vector<std::int64_t> offsets;
  std::int64_t size = 0;
  for (auto it = parameters_.begin(); it != parameters_.end(); ++it) {
    require_same_kind("arena", *it, parameters_.front());
    if (std::any_of(parameters_.begin(), it,
                    [&](const Tensor& other) { return other.impl() == it->impl(); })) {
      throw Error("[arena] a parameter of shape " + to_string(it->shape()) + " appears twice");
    }
    offsets.push_back(size);
    size += (it->numel() + kAlignment - 1) / kAlignment * kAlignment;
  }
  const Tensor& first = parameters_.front();
  values_ = Tensor::zeros({size}, first.device(), first.dtype());
  grads_ = Tensor::zeros({size}, first.device(), first.dtype());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& parameter = parameters_[i];
    const Tensor place = values_.slice(offsets[i], parameter.shape());
    place.copy_from(parameter);
    TensorImpl& impl = *parameter.impl();
    impl.storage = place.impl()->storage;
    impl.byte_offset = place.impl()->byte_offset;
    impl.grad = grads_.slice(offsets[i], parameter.shape());
    impl.grad_written = false;
  }
}

const Tensor& ParameterArena::grads() const {
  for (const Tensor& parameter : parameters_) parameter.grad();
  return grads_;
}

void ParameterArena::zero_grad() const { kiln::zero_grad(parameters_); }

}  // namespace kiln::optim
