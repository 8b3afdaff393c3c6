// SPDX-License-Identifier: MIT
// From a tensor's device and dtype to a kernel call.
#pragma once

#include <string>
#include <type_traits>

#include "engine/tensor.h"

namespace kiln {

// Calls f(stream, T{}) with the stream of the tensor's device and T float or double. `op` names the
// caller in the error for other dtypes, and for float64 on a GPU.
template <class F>
void dispatch(const char* op, const Tensor& tensor, F&& f) {
  tensor.device().run([&](auto stream) {
    if (tensor.dtype() == DType::float32) return f(stream, float{});
    if constexpr (std::is_same_v<decltype(stream), kernels::CpuStream>) {
      if (tensor.dtype() == DType::float64) return f(stream, double{});
    }
    throw Error(std::string("[") + op + "] " + name_of(tensor.dtype()) + " is not supported on " +
                tensor.device().name());
  });
}

// Throws an Error that names `op` unless a and b have one dtype and live on one device.
void require_same_kind(const char* op, const Tensor& a, const Tensor& b);

}  // namespace kiln
