// SPDX-License-Identifier: MIT
// The differences between oneDNN 2.6 and 3.x that Kiln meets, in one place.
#pragma once

#include <dnnl.hpp>

#include "kernels/activation.h"

namespace kiln::kernels {

inline dnnl::engine& onednn_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

inline void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, 0.0f);
#else
  ops.append_eltwise(1.0f, algorithm, alpha, 0.0f);
#endif
}

inline dnnl::matmul::primitive_desc matmul_description(const dnnl::memory::desc& a,
                                                       const dnnl::memory::desc& b,
                                                       const dnnl::memory::desc& bias,
                                                       const dnnl::memory::desc& c,
                                                       const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return {onednn_engine(), a, b, bias, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, bias, c), attributes, onednn_engine()};
#endif
}

}  // namespace kiln::kernels
