// SPDX-License-Identifier: MIT
// linear_backward.h by cuBLASLt, as two products: dW, with db as its BGRADB, and dx, with its DRELU
// where x comes from a relu. DRELU wants a bit for each element of x. The forward pass could keep
// such bits (RELU_AUX) beside every layer's output, for this implementation alone; made from x they
// cost one read of it. BGRAD of the layer below is that layer's own db.
#include "kernels/gemm_cuda.h"
#include "kernels/launch.h"
#include "kernels/linear_backward_products.h"
#include "kernels/reduce.h"

namespace kiln::kernels {

// ---- kernels

inline constexpr int kWordsPerWarp = 8;  // a sector of memory

// Bit j of row i: x[i,j] > 0. Rows are `row_words` words; what lies beyond `cols` is 0.
__global__ void relu_mask_kernel(const float* x, std::int64_t rows, std::int64_t cols,
                                 std::int64_t row_words, unsigned* mask) {
  const std::int64_t words = rows * row_words;
  const unsigned lane = threadIdx.x % 32;
  const std::int64_t warp = (blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x) / 32;
  const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x / 32 * kWordsPerWarp;
  for (std::int64_t first = warp * kWordsPerWarp; first < words; first += step) {
    unsigned mine = 0;
    KILN_UNROLL
    for (int w = 0; w < kWordsPerWarp; ++w) {
      const std::int64_t row = (first + w) / row_words;
      const std::int64_t col = (first + w) % row_words * 32 + lane;
      const bool passes = row < rows && col < cols && x[row * cols + col] > 0;
      const unsigned word = __ballot_sync(0xFFFFFFFFu, passes);
      if (lane == static_cast<unsigned>(w)) mine = word;
    }
    if (lane < kWordsPerWarp && first + lane < words) mask[first + lane] = mine;
  }
}

// ---- launchers

namespace {

using Args = LinearBackwardArgs<float>;

bool is_empty(const Args& args) { return args.batch == 0 || args.in == 0 || args.out == 0; }

// False if the mask has no room in the stream's scratch memory or the library has no algorithm.
bool multiply_times_relu(CudaStream stream, const Args& args) {
  const std::int64_t row_words = relu_mask_row_bits(args.in) / 32;
  if (stream.scratch.partials == nullptr ||
      args.batch * row_words > std::int64_t{CudaScratch::kPartials}) {
    return false;
  }
  auto* const mask = reinterpret_cast<unsigned*>(stream.scratch.partials);
  const std::int64_t warps = (args.batch * row_words + kWordsPerWarp - 1) / kWordsPerWarp;
  launch("linear_backward", relu_mask_kernel, blocks_for(warps * 32), kBlockSize, 0, stream, args.x,
         args.batch, args.in, row_words, mask);
  return gemm_cublaslt(stream, input_gradient(args), {.relu_mask = mask});
}

void weight_and_bias_gradients(CudaStream stream, const Args& args) {
  const bool fusible =
      args.dweight != nullptr && args.dbias != nullptr && !args.accumulate_dbias && !is_empty(args);
  if (fusible && gemm_cublaslt(stream, weight_gradient(args), {.row_sums = args.dbias})) return;
  if (args.dweight != nullptr) gemm_cublaslt(stream, weight_gradient(args));
  if (args.dbias != nullptr) {
    column_sum(stream, args.dz, args.batch, args.out, args.dbias, args.accumulate_dbias);
  }
}

}  // namespace

void linear_backward_cublaslt(CudaStream stream, const Args& args) {
  weight_and_bias_gradients(stream, args);
  if (args.dx == nullptr) return;
  const ActivationKind kind = args.input_activation.kind;
  if (kind == ActivationKind::identity) return gemm_cublaslt(stream, input_gradient(args));
  const bool is_relu = kind == ActivationKind::relu && !args.accumulate_dx && !is_empty(args);
  if (is_relu && multiply_times_relu(stream, args)) return;
  Args rest = args;
  rest.dweight = rest.dbias = nullptr;
  linear_backward_tiled(stream, rest);
}

}  // namespace kiln::kernels
