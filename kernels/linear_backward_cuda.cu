// SPDX-License-Identifier: MIT
// linear_backward.h on CUDA: one launch, whose first blocks make dx and whose others make dW and
// db. The products are those of gemm_tile.cuh; db is the row sums of dz^T, which the first column
// of dW's tiles reads anyway.

#include "kernels/gemm_cuda.h"
#include "kernels/gemm_measured_cuda.h"
#include "kernels/gemm_plan.cuh"
#include "kernels/gemm_tile.cuh"
#include "kernels/launch.h"
#include "kernels/linear_backward.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

// ---- kernels

struct LinearBackwardWork {
  unsigned dx_blocks;
  GemmWork dx;
  TimesDerivative dx_epilogue;
  GemmWork dweight;
  SumsAndRowSums dweight_epilogue;
};

template <class Tile, class Arithmetic>
__global__ void __launch_bounds__(kGemmThreads, kGemmBlocks<Arithmetic>)
    linear_backward_kernel(LinearBackwardWork work) {
  if constexpr (kIsForThisDevice<Arithmetic>) {
    using Dx = GemmMultiply<Tile, false, false, Arithmetic>;
    using DWeight = GemmMultiply<Tile, true, false, Arithmetic>;
    union Shared {
      GemmShared<Dx> dx;
      GemmShared<DWeight> dweight;
    };
    Shared& shared = block_shared<Shared>();
    if (blockIdx.x < work.dx_blocks) {
      gemm_tile(shared.dx, work.dx, blockIdx.x, work.dx_epilogue);
    } else {
      gemm_tile(shared.dweight, work.dweight, blockIdx.x - work.dx_blocks, work.dweight_epilogue);
    }
  }
}

// ---- launchers

namespace {

using Args = LinearBackwardArgs<float>;

template <class Tile, class Arithmetic>
void launch_tiles(CudaStream stream, const Args& args) {
  ScratchShare scratch(stream.scratch);
  LinearBackwardWork work = {};
  if (args.dx != nullptr) {
    work.dx = plan_gemm<Tile>(args.dz, args.weight, args.batch, args.in, args.out, scratch);
    work.dx_epilogue = {args.dx, args.accumulate_dx, args.x, args.input_activation};
    if (args.in > 0) work.dx_blocks = gemm_blocks<Tile>(work.dx);
  }
  unsigned dweight_blocks = 0;
  if (args.dweight != nullptr || args.dbias != nullptr) {
    const std::int64_t columns = args.dweight != nullptr ? args.in : 0;
    work.dweight = plan_gemm<Tile>(args.dz, args.x, args.out, columns, args.batch, scratch);
    work.dweight_epilogue = {args.dweight, args.accumulate_dweight, args.dbias,
                             args.accumulate_dbias};
    dweight_blocks = gemm_blocks<Tile>(work.dweight);
  }
  if (work.dx_blocks + dweight_blocks == 0) return;
  launch("linear_backward", linear_backward_kernel<Tile, Arithmetic>,
         work.dx_blocks + dweight_blocks, kGemmThreads, 0, stream, work);
}

}  // namespace

void linear_backward_tiled(CudaStream stream, const LinearBackwardArgs<float>& args) {
  std::int64_t large_tiles = 0;
  if (args.dx != nullptr) large_tiles += gemm_tiles<LargeTile>(args.batch, args.in);
  if (args.dweight != nullptr) large_tiles += gemm_tiles<LargeTile>(args.out, args.in);
  with_arithmetic(available_precision(args.precision), [&](auto math) {
    if (are_enough_large_tiles(large_tiles)) {
      launch_tiles<LargeTile, decltype(math)>(stream, args);
    } else {
      launch_tiles<SmallTile, decltype(math)>(stream, args);
    }
  });
}

namespace {

void run(GemmBackend backend, CudaStream stream, const Args& args) {
  if (backend == GemmBackend::cublas) return linear_backward_cublaslt(stream, args);
  linear_backward_tiled(stream, args);
}

GemmKey key_of(const Args& args) {
  GemmKey key = {GemmOp::linear_backward, args.batch, args.in, args.out};
  const auto add = [&](const float* gradient, bool accumulate, unsigned store, unsigned added) {
    if (gradient != nullptr) key.variant |= accumulate ? added : store;
  };
  add(args.dweight, args.accumulate_dweight, kDWeight, kAddDWeight);
  add(args.dbias, args.accumulate_dbias, kDBias, kAddDBias);
  add(args.dx, args.accumulate_dx, kDx, kAddDx);
  if (args.dx != nullptr) key.activation = args.input_activation.kind;
  key.precision = available_precision(args.precision);
  return key;
}

GemmBackend faster_backend(CudaStream stream, const Args& args) {
  const GemmKey key = key_of(args);
  const bool is_empty = args.batch == 0 || args.in == 0 || args.out == 0;
  const bool has_product = args.dweight != nullptr || args.dx != nullptr;
  if (is_empty || !has_product || key.precision == Precision::tf32x3) return GemmBackend::kiln;
  // Every gradient on its own boundary of 256 bytes, as an allocation would be.
  const auto floats = [](const float* gradient, std::int64_t size) {
    return gradient == nullptr ? 0 : (size + 63) / 64 * 64;
  };
  const std::int64_t dweight = floats(args.dweight, args.out * args.in);
  const std::int64_t dbias = floats(args.dbias, args.out);
  const std::int64_t dx = floats(args.dx, args.batch * args.in);
  return measured_gemm_backend(stream, key, dweight + dbias + dx,
                               [&](GemmBackend backend, float* output) {
                                 Args gradients = args;
                                 if (args.dweight != nullptr) gradients.dweight = output;
                                 if (args.dbias != nullptr) gradients.dbias = output + dweight;
                                 if (args.dx != nullptr) gradients.dx = output + dweight + dbias;
                                 run(backend, stream, gradients);
                               });
}

}  // namespace

void linear_backward(CudaStream stream, const Args& args) {
  GemmBackend backend = cuda_gemm_backend();
  if (backend == GemmBackend::measured) backend = faster_backend(stream, args);
  run(backend, stream, args);
}

}  // namespace kiln::kernels
