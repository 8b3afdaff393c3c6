// SPDX-License-Identifier: MIT
#include "engine/ops/gaussian.h"

#include "engine/autograd/grad_sink.h"
#include "engine/autograd/node.h"
#include "engine/dispatch.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "kernels/gaussian_sample.h"

namespace kiln {
namespace {

template <class T>
kernels::GaussianSample<T> arguments(const Tensor& parameters, const Tensor& noise) {
  kernels::GaussianSample<T> args;
  args.parameters = parameters.data<T>();
  args.noise = noise.data<T>();
  args.rows = noise.dim(0);
  args.latent = noise.dim(1);
  return args;
}

class GaussianSampleNode final : public Node {
 public:
  GaussianSampleNode(std::vector<Tensor> inputs, Tensor noise)
      : Node("gaussian_sample", std::move(inputs)), noise_(std::move(noise)) {}

  std::vector<Tensor> gradients(const Tensor& dz, const std::vector<bool>& /*needs*/) override {
    const std::int64_t latent = noise_.dim(1);
    const Tensor log_variance = columns(input(0), latent, latent);
    return {concat_columns(dz, dz * noise_ * exp(log_variance / 2) / 2)};
  }

  void accumulate_gradients(const Tensor& dz, GradSink& sink) override {
    const auto [d_parameters, accumulate] = sink.target(0);
    dispatch("gaussian_sample", dz,
             [&, &out = d_parameters, accumulate = accumulate](auto stream, auto zero) {
               using T = decltype(zero);
               kernels::gaussian_sample_backward(stream, arguments<T>(input(0), noise_),
                                                 dz.data<T>(), out.template data<T>(), accumulate);
             });
  }

 private:
  Tensor noise_;
};

}  // namespace

Tensor gaussian_sample(const Tensor& parameters, const Tensor& noise) {
  if (parameters.rank() != 2 || noise.rank() != 2 || parameters.dim(0) != noise.dim(0) ||
      parameters.dim(1) != 2 * noise.dim(1)) {
    throw Error("[gaussian_sample] parameters " + to_string(parameters.shape()) + " and noise " +
                to_string(noise.shape()) + " are not (rows,2 latent) and (rows,latent)");
  }
  require_same_kind("gaussian_sample", parameters, noise);
  Tensor z = Tensor::empty(noise.shape(), noise.device(), noise.dtype());
  dispatch("gaussian_sample", z, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::gaussian_sample(stream, arguments<T>(parameters, noise), z.data<T>());
  });
  return record<GaussianSampleNode>(std::move(z), {parameters}, noise.detach());
}

}  // namespace kiln
