// SPDX-License-Identifier: MIT
#include "engine/data/gather.h"

#include "kernels/gather.h"

namespace kiln {

Tensor gather_rows(const Tensor& rows, const Tensor& indices, double scale, double shift) {
  if (rows.rank() != 2 || indices.rank() != 1) {
    throw Error("[gather_rows] rows " + to_string(rows.shape()) + " and indices " +
                to_string(indices.shape()) + " must be a matrix and a vector");
  }
  if (!(rows.device() == indices.device())) {
    throw Error("[gather_rows] rows and indices are on different devices");
  }
  Tensor out = Tensor::empty({indices.dim(0), rows.dim(1)}, rows.device());
  rows.device().run([&](auto stream) {
    kernels::gather_rows(stream, rows.data<std::uint8_t>(), rows.dim(1),
                         {indices.data<std::int32_t>()}, indices.dim(0), static_cast<float>(scale),
                         static_cast<float>(shift), out.data<float>());
  });
  return out;
}

}  // namespace kiln
