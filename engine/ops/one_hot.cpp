// SPDX-License-Identifier: MIT
#include "engine/ops/one_hot.h"

#include "engine/dispatch.h"
#include "kernels/largest_one_hot.h"
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

void write_largest_one_hot(const Tensor& x, std::int64_t count, double value, const Tensor& out,
                           std::int64_t first) {
  require_same_kind("largest_one_hot", x, out);
  if (x.rank() != 2 || out.rank() != 2 || x.dim(0) != out.dim(0) || count < 0 || count > x.dim(1) ||
      first < 0 || first > out.dim(1) - count) {
    throw Error("[largest_one_hot] " + std::to_string(count) + " numbers of " +
                to_string(x.shape()) + " do not fit into " + to_string(out.shape()) +
                " from column " + std::to_string(first) + " on");
  }
  dispatch("largest_one_hot", x, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::LargestOneHotArgs<T> args;
    args.x = x.data<T>();
    args.x_width = x.dim(1);
    args.rows = x.dim(0);
    args.count = count;
    args.value = static_cast<T>(value);
    args.out = out.data<T>() + first;
    args.out_width = out.dim(1);
    kernels::largest_one_hot(stream, args);
  });
}

}  // namespace kiln
