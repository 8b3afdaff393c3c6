// SPDX-License-Identifier: MIT
// conv.h on CUDA: the matrix product's main loop (gemm_tile.cuh) over gathered operands
// (conv_operands.cuh).
#include <algorithm>
#include <string>

#include "kernels/conv.h"
#include "kernels/conv_epilogue.cuh"
#include "kernels/conv_operands.cuh"
#include "kernels/error.h"
#include "kernels/gemm_plan.cuh"
#include "kernels/launch.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

// ---- kernels

template <class Tile, class Arithmetic>
__global__ void __launch_bounds__(kGemmThreads, kGemmBlocks<Arithmetic>)
    conv_forward_kernel(GemmWork work, ConvForwardOperands operands,
                        ConvEpilogue<ConvOutputColumns> epilogue) {
  if constexpr (kIsForThisDevice<Arithmetic>) {
    using Multiply = GemmMultiply<Tile, false, false, Arithmetic>;
    gemm_tile(block_shared<GemmShared<Multiply>>(), work, blockIdx.x, epilogue, operands);
  }
}

template <class Tile, class Arithmetic>
__global__ void __launch_bounds__(kGemmThreads, kGemmBlocks<Arithmetic>)
    conv_input_gradient_kernel(GemmWork work, ConvInputGradientOperands operands,
                               ConvEpilogue<ConvInputColumns> epilogue) {
  if constexpr (kIsForThisDevice<Arithmetic>) {
    using Multiply = GemmMultiply<Tile, false, false, Arithmetic>;
    gemm_tile(block_shared<GemmShared<Multiply>>(), work, blockIdx.x, epilogue, operands);
  }
}

// Two blocks a multiprocessor: the addresses of eight taps beside the sums want more registers than
// three leave.
template <class Tile, class Arithmetic>
__global__ void __launch_bounds__(kGemmThreads, 2)
    conv_weight_gradient_kernel(GemmWork work, ConvWeightGradientOperands operands,
                                BiasActivation epilogue) {
  if constexpr (kIsForThisDevice<Arithmetic>) {
    using Multiply = GemmMultiply<Tile, false, true, Arithmetic>;
    gemm_tile(block_shared<GemmShared<Multiply>>(), work, blockIdx.x, epilogue, operands);
  }
}

// ---- launchers

namespace {

using CudaConvArgs = ConvArgs<float>;

// Kernels count in 32 bits, and may count a few tiles beyond the end.
void check_count(const char* op, const char* what, std::int64_t count) {
  constexpr std::int64_t kLimit = (std::int64_t{1} << 31) - 1024;
  if (count < kLimit) return;
  throw Error(std::string("[") + op + "] " + std::to_string(count) + " " + what +
              " are too many for one launch: at most " + std::to_string(kLimit - 1));
}

void check_counts(const char* op, const ConvShape& s) {
  const std::int64_t padded = s.stride + std::max(s.in_height, s.in_width) + 2 * s.padding;
  check_count(op, "rows or columns", padded);
  check_count(op, "pixels of the input", s.batch * s.in_pixels());
  check_count(op, "pixels of the output", s.batch * s.out_pixels());
  check_count(op, "terms of a sum", std::max(s.in_channels, s.out_channels) * s.kernel_size());
}

// Calls f(tile, arithmetic) with those that suit a result of m x n.
template <class F>
void with_tile(std::int64_t m, std::int64_t n, Precision precision, F f) {
  with_arithmetic(available_precision(precision), [&](auto arithmetic) {
    const bool is_low = m <= SmallTile::kM;  // half of a large tile would lie outside
    if (!is_low && are_enough_large_tiles(gemm_tiles<LargeTile>(m, n))) {
      f(LargeTile{}, arithmetic);
    } else {
      f(SmallTile{}, arithmetic);
    }
  });
}

template <class Tile, class Kernel, class Operands, class Epilogue>
void launch_conv(const char* op, Kernel kernel, CudaStream stream, const GemmWork& work,
                 const Operands& operands, const Epilogue& epilogue) {
  check_count(op, "blocks", gemm_tiles<Tile>(work.m, work.n) * work.splits);
  launch(op, kernel, gemm_blocks<Tile>(work), kGemmThreads, 0, stream, work, operands, epilogue);
}

template <class Columns>
ConvEpilogue<Columns> conv_epilogue(const CudaConvArgs& args, const Columns& columns,
                                    std::int64_t plane_size) {
  return {columns,         plane_size,     args.result, args.bias, args.derivative_at,
          args.activation, args.accumulate};
}

}  // namespace

void conv_forward(CudaStream stream, const CudaConvArgs& args) {
  const ConvShape& s = args.shape;
  const std::int64_t positions = s.batch * s.out_pixels();
  if (positions == 0 || s.out_channels == 0) return;
  check_counts("conv_forward", s);
  with_tile(s.out_channels, positions, args.precision, [&](auto tile, auto arithmetic) {
    using Tile = decltype(tile);
    ScratchShare scratch(stream.scratch);
    const GemmWork work = plan_gemm<Tile>(args.right, args.left, s.out_channels, positions,
                                          s.in_channels * s.kernel_size(), scratch);
    const ConvOutputColumns columns = {FastDivisor(s.out_pixels()),
                                       s.out_channels * s.out_pixels()};
    launch_conv<Tile>("conv_forward", conv_forward_kernel<Tile, decltype(arithmetic)>, stream, work,
                      ConvForwardOperands{PatchRule<false>(args.left, s)},
                      conv_epilogue(args, columns, s.out_pixels()));
  });
}

void conv_input_gradient(CudaStream stream, const CudaConvArgs& args) {
  const ConvShape& s = args.shape;
  if (s.batch * s.in_pixels() == 0 || s.in_channels == 0) return;
  check_counts("conv_input_gradient", s);
  with_tile(s.in_channels, s.batch * s.in_pixels(), args.precision,
            [&](auto tile, auto arithmetic) {
              using Tile = decltype(tile);
              const ConvPhases phases(s, Tile::kN);
              check_count("conv_input_gradient", "columns", phases.all_columns());
              ScratchShare scratch(stream.scratch);
              const GemmWork work = plan_gemm<Tile>(args.right, args.left, s.in_channels,
                                                    phases.all_columns(), phases.depth(s), scratch);
              const ConvInputGradientOperands operands = {
                  phases, static_cast<int>(s.in_channels), s.out_channels * s.out_pixels(),
                  static_cast<int>(s.out_height()), static_cast<int>(s.out_width())};
              const ConvInputColumns columns = {phases, s.in_channels * s.in_pixels()};
              launch_conv<Tile>("conv_input_gradient",
                                conv_input_gradient_kernel<Tile, decltype(arithmetic)>, stream,
                                work, operands, conv_epilogue(args, columns, s.in_pixels()));
            });
}

void conv_weight_gradient(CudaStream stream, const CudaConvArgs& args) {
  const ConvShape& s = args.shape;
  const std::int64_t taps = s.in_channels * s.kernel_size();
  if (s.out_channels == 0 || taps == 0) return;
  check_counts("conv_weight_gradient", s);
  with_tile(s.out_channels, taps, args.precision, [&](auto tile, auto arithmetic) {
    // Eight gathered addresses beside two parts of each operand spill in a large tile.
    using Tile =
        std::conditional_t<std::is_same_v<decltype(arithmetic), Tf32x3>, SmallTile, decltype(tile)>;
    ScratchShare scratch(stream.scratch);
    const GemmWork work = plan_gemm<Tile>(args.right, args.left, s.out_channels, taps,
                                          s.batch * s.out_pixels(), scratch);
    const ConvWeightGradientOperands operands = {OutputRule(args.right, s),
                                                 PatchRule<true>(args.left, s)};
    launch_conv<Tile>("conv_weight_gradient",
                      conv_weight_gradient_kernel<Tile, decltype(arithmetic)>, stream, work,
                      operands, BiasActivation{args.result, args.accumulate, nullptr, {}});
  });
}

}  // namespace kiln::kernels
