// SPDX-License-Identifier: MIT
#include "engine/ops/one_hot.h"

#include "engine/dispatch.h"
#include "kernels/one_hot.h"

namespace kiln {

Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype) {
  if (labels.rank() != 1 || labels.dtype() != DType::int32) {
    throw Error(std::string("[one_hot] labels ") + to_string(labels.shape()) + " of " +
                name_of(labels.dtype()) + " are not (n) of int32");
  }
  Tensor out = Tensor::empty({labels.dim(0), classes}, labels.device(), dtype);
  dispatch("one_hot", out, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::one_hot(stream, labels.data<std::int32_t>(), labels.dim(0), classes, out.data<T>());
  });
  return out;
}

}  // namespace kiln
