// SPDX-License-Identifier: MIT
// gemm.h on CUDA by hand: gemm_tile.cuh with bias and activation behind it.
#include <map>
#include <type_traits>

#include "kernels/gemm_cuda.h"
#include "kernels/gemm_plan.cuh"
#include "kernels/gemm_tile.cuh"
#include "kernels/launch.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

// ---- kernels

template <class Tile, bool kTransposeA, bool kTransposeB, class Arithmetic>
__global__ void __launch_bounds__(kGemmThreads, kGemmBlocks<Arithmetic>)
    gemm_kernel(GemmWork work, BiasActivation epilogue) {
  if constexpr (kIsForThisDevice<Arithmetic>) {
    using Multiply = GemmMultiply<Tile, kTransposeA, kTransposeB, Arithmetic>;
    gemm_tile(block_shared<GemmShared<Multiply>>(), work, blockIdx.x, epilogue);
  }
}

// ---- launchers

Precision available_precision(Precision asked) {
  if (asked == Precision::fp32) return asked;
  thread_local std::map<int, bool> has_tensor_cores;
  int device = 0;
  check_cuda(cudaGetDevice(&device), "gemm");
  auto found = has_tensor_cores.find(device);
  if (found == has_tensor_cores.end()) {
    int major = 0;
    check_cuda(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "gemm");
    found = has_tensor_cores.emplace(device, major >= 8).first;
  }
  return found->second ? asked : Precision::fp32;
}

namespace {

template <class Tile, class Arithmetic>
void launch_tiles(CudaStream stream, const GemmArgs<float>& args) {
  const auto kernel = [&] {
    if constexpr (std::is_same_v<Arithmetic, Fp32>) {
      if (args.transpose_a && args.transpose_b) {
        return gemm_kernel<Tile, true, true, Arithmetic>;
      }
    }
    if (args.transpose_a) return gemm_kernel<Tile, true, false, Arithmetic>;
    return args.transpose_b ? gemm_kernel<Tile, false, true, Arithmetic>
                            : gemm_kernel<Tile, false, false, Arithmetic>;
  };
  ScratchShare scratch(stream.scratch);
  const GemmWork work = plan_gemm<Tile>(args.a, args.b, args.m, args.n, args.k, scratch);
  const BiasActivation epilogue = {args.c, args.accumulate, args.bias, args.activation};
  launch("gemm", kernel(), gemm_blocks<Tile>(work), kGemmThreads, 0, stream, work, epilogue);
}

}  // namespace

void gemm_tiled(CudaStream stream, const GemmArgs<float>& args) {
  // No layer uses A^T B^T: it has one arithmetic.
  const bool both = args.transpose_a && args.transpose_b;
  with_arithmetic(both ? Precision::fp32 : available_precision(args.precision), [&](auto math) {
    if (are_enough_large_tiles(gemm_tiles<LargeTile>(args.m, args.n))) {
      launch_tiles<LargeTile, decltype(math)>(stream, args);
    } else {
      launch_tiles<SmallTile, decltype(math)>(stream, args);
    }
  });
}

}  // namespace kiln::kernels
