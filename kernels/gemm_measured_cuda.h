// SPDX-License-Identifier: MIT
// GemmBackend::measured: the faster implementation of each product, found by running both once and
// remembered for the process and, through gemm_choice_file.h, for later ones.
#pragma once

#include <cstdint>
#include <functional>

#include "kernels/gemm_choice.h"
#include "kernels/stream.h"

namespace kiln::kernels {

// Queues the product on its stream by `backend`, kiln or cublas, with its results in `output`.
using RunGemm = std::function<void(GemmBackend backend, float* output)>;

// kiln or cublas, for the current device. A product that is not in the table is measured, on
// `stream`, which it waits for, and in `output_floats` of memory of its own; if that fails kiln it
// is for this process. On a stream that is being captured nothing can be measured: then it is kiln,
// and that is not remembered.
GemmBackend measured_gemm_backend(CudaStream stream, const GemmKey& key, std::int64_t output_floats,
                                  const RunGemm& run);

}  // namespace kiln::kernels
