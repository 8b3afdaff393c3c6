// SPDX-License-Identifier: MIT
// gemm.h on CUDA by hand. A block computes one tile of C. It walks along k, copying slices of A and
// B through registers into shared memory, two buffers deep: the next slice is on its way while the
// threads multiply the current one. A thread keeps a small tile of sums in registers, which it
// feeds with 16-byte reads of both slices.
//
// Shared slices are stored [k][m] and [k][n], so an operand that is contiguous along k in memory is
// transposed on the way in. A row of the slice is padded by 4 floats and a warp brings 8 floats of
// k from neighbouring rows: its 32 transposed writes then fall into 32 banks, and global memory is
// read in whole 32-byte sectors. Background: S. Boehm, "How to optimize a CUDA matmul kernel"
// (2022).
#include "kernels/elementwise.cuh"
#include "kernels/gemm_cuda.h"
#include "kernels/launch.h"
#include "kernels/shared_memory.h"

namespace kiln::kernels {

// ---- kernels

inline constexpr int kGemmThreads = 128;

// A block's tile of C is kM x kN, read in slices of kDepth along k; a thread's is kThreadM x
// kThreadN. Threads form an 8 x 16 grid over the tile.
template <int kM_, int kN_, int kDepth_>
struct GemmTile {
  static constexpr int kM = kM_;
  static constexpr int kN = kN_;
  static constexpr int kDepth = kDepth_;
  static constexpr int kThreadM = kM / 8;
  static constexpr int kThreadN = kN / 16;
};
using LargeTile = GemmTile<64, 64, 16>;
using SmallTile = GemmTile<32, 32, 32>;  // fills more multiprocessors when C is small

template <int kSpan, int kDepth>
struct alignas(16) Slice {
  float at[kDepth][kSpan + 4];
};

template <class Tile>
struct GemmShared {
  Slice<Tile::kM, Tile::kDepth> a[2];
  Slice<Tile::kN, Tile::kDepth> b[2];
};

// Brings slices of one operand, kSpan rows (A) or columns (B) of C by kDepth of k, one after the
// other from global memory to registers and on to shared memory. Outside the matrix they are 0.
// kAlongK: the operand is stored contiguous along k, else along the span.
template <bool kAlongK, int kSpan, int kDepth>
class SliceReader {
 public:
  // The slices begin at row or column `begin` of the operand's `extent`.
  __device__ SliceReader(const float* operand, std::int64_t begin, std::int64_t extent,
                         std::int64_t k)
      : stride_(kAlongK ? k : extent),
        wide_(stride_ % 4 == 0 && is_aligned_for<4>(operand)),
        first_(wide_ ? place<4>(0, threadIdx.x) : place<1>(0, threadIdx.x)),
        span_left_(static_cast<int>(extent - begin < kSpan ? extent - begin : kSpan) - first_.span),
        next_(operand + (kAlongK ? (begin + first_.span) * k + first_.depth
                                 : first_.depth * extent + begin + first_.span)) {}

  // Loads the next slice, of which `depth_left` > 0 lies inside the matrix.
  __device__ void load(std::int64_t depth_left) {
    const int depth = static_cast<int>(depth_left < kDepth ? depth_left : kDepth) - first_.depth;
    if (wide_) {
      load_packs<4>(depth);
    } else {
      load_packs<1>(depth);
    }
    next_ += kAlongK ? kDepth : kDepth * stride_;
  }

  __device__ void store(Slice<kSpan, kDepth>& slice) const {
    if (wide_) {
      store_packs<4>(slice);
    } else {
      store_packs<1>(slice);
    }
  }

 private:
  static constexpr int kFloats = kSpan * kDepth / kGemmThreads;

  struct Place {
    int span;
    int depth;
  };

  // Where pack number p of a thread lies in the slice: place(p, thread) is place(0, thread) +
  // place(p, 0), and the latter is a constant.
  template <int kWidth>
  static __device__ constexpr Place place(int p, unsigned thread) {
    const int pack = p * kGemmThreads + static_cast<int>(thread);
    if constexpr (kAlongK) {
      constexpr int kLanesAlongK = 8 / kWidth;
      constexpr int kLanesAlongSpan = 32 / kLanesAlongK;
      constexpr int kGroupsAlongSpan = kSpan / kLanesAlongSpan;
      const int lane = pack % 32;
      const int group = pack / 32;
      return {group % kGroupsAlongSpan * kLanesAlongSpan + lane / kLanesAlongK,
              group / kGroupsAlongSpan * 8 + lane % kLanesAlongK * kWidth};
    } else {
      constexpr int kPacksAlongSpan = kSpan / kWidth;
      return {pack % kPacksAlongSpan * kWidth, pack / kPacksAlongSpan};
    }
  }

  template <int kWidth>
  __device__ void load_packs(int depth_left) {
    KILN_UNROLL
    for (int p = 0; p < kFloats / kWidth; ++p) {
      const Place step = place<kWidth>(p, 0);
      Pack<kWidth> pack = {};
      if (step.span < span_left_ && step.depth < depth_left) {
        pack = load_pack<kWidth>(next_ + (kAlongK ? step.span * stride_ + step.depth
                                                  : step.depth * stride_ + step.span));
      }
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) values_[p * kWidth + i] = pack.at[i];
    }
  }

  template <int kWidth>
  __device__ void store_packs(Slice<kSpan, kDepth>& slice) const {
    KILN_UNROLL
    for (int p = 0; p < kFloats / kWidth; ++p) {
      const Place step = place<kWidth>(p, 0);
      const int depth = first_.depth + step.depth;
      const int span = first_.span + step.span;
      Pack<kWidth> pack;
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) pack.at[i] = values_[p * kWidth + i];
      if constexpr (kAlongK) {
        KILN_UNROLL
        for (int i = 0; i < kWidth; ++i) slice.at[depth + i][span] = pack.at[i];
      } else {
        store_pack<kWidth>(&slice.at[depth][span], pack);
      }
    }
  }

  const std::int64_t stride_;
  const bool wide_;  // packs of 4 are aligned, and lie inside the matrix as a whole or not at all
  const Place first_;
  const int span_left_;
  const float* next_;
  float values_[kFloats];
};

// kCount floats of a slice's row for thread number `thread` of `kThreads` across it: packs of up
// to 4, kThreads packs apart, so that neighbouring threads read neighbouring packs.
template <int kCount, int kThreads>
struct Fragment {
  static constexpr int kWidth = kCount < 4 ? kCount : 4;

  static __device__ int place(int thread, int i) {
    return (i / kWidth * kThreads + thread) * kWidth + i % kWidth;
  }

  __device__ Fragment(const float* row, int thread) {
    KILN_UNROLL
    for (int p = 0; p < kCount / kWidth; ++p) {
      const auto pack = load_pack<kWidth>(row + place(thread, p * kWidth));
      KILN_UNROLL
      for (int i = 0; i < kWidth; ++i) at[p * kWidth + i] = pack.at[i];
    }
  }

  float at[kCount];
};

template <class Tile, bool kTransposeA, bool kTransposeB>
__global__ void __launch_bounds__(kGemmThreads) gemm_tiled_kernel(GemmArgs<float> args) {
  GemmShared<Tile>& shared = block_shared<GemmShared<Tile>>();
  constexpr int kThreadM = Tile::kThreadM;
  constexpr int kThreadN = Tile::kThreadN;
  using FragmentA = Fragment<kThreadM, 8>;
  using FragmentB = Fragment<kThreadN, 16>;

  const std::int64_t tiles_n = (args.n + Tile::kN - 1) / Tile::kN;
  const std::int64_t m_begin = blockIdx.x / tiles_n * Tile::kM;
  const std::int64_t n_begin = blockIdx.x % tiles_n * Tile::kN;
  // A warp is 4 x 8 threads of the 8 x 16.
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int thread_m = warp / 2 * 4 + lane / 8;
  const int thread_n = warp % 2 * 8 + lane % 8;

  SliceReader<!kTransposeA, Tile::kM, Tile::kDepth> a(args.a, m_begin, args.m, args.k);
  SliceReader<kTransposeB, Tile::kN, Tile::kDepth> b(args.b, n_begin, args.n, args.k);
  float sums[kThreadM][kThreadN] = {};

  if (args.k > 0) {
    a.load(args.k);
    b.load(args.k);
    a.store(shared.a[0]);
    b.store(shared.b[0]);
  }
  __syncthreads();
  int current = 0;
  for (std::int64_t k_left = args.k; k_left > 0; k_left -= Tile::kDepth) {
    const bool more = k_left > Tile::kDepth;
    if (more) {
      a.load(k_left - Tile::kDepth);
      b.load(k_left - Tile::kDepth);
    }
    KILN_UNROLL
    for (int depth = 0; depth < Tile::kDepth; ++depth) {
      const FragmentA a_values(shared.a[current].at[depth], thread_m);
      const FragmentB b_values(shared.b[current].at[depth], thread_n);
      KILN_UNROLL
      for (int i = 0; i < kThreadM; ++i) {
        KILN_UNROLL
        for (int j = 0; j < kThreadN; ++j) {
          sums[i][j] = fmaf(a_values.at[i], b_values.at[j], sums[i][j]);
        }
      }
    }
    current ^= 1;
    if (more) {
      a.store(shared.a[current]);
      b.store(shared.b[current]);
    }
    __syncthreads();
  }

  // The rest is written once per element: bias, activation, and packs of C where it is aligned.
  constexpr int kWidth = FragmentB::kWidth;
  const bool wide = args.n % kWidth == 0 && is_aligned_for<kWidth>(args.c);
  KILN_UNROLL
  for (int j = 0; j < kThreadN; ++j) {
    const std::int64_t col = n_begin + FragmentB::place(thread_n, j);
    const float bias = args.bias != nullptr && col < args.n ? args.bias[col] : 0.0f;
    KILN_UNROLL
    for (int i = 0; i < kThreadM; ++i) sums[i][j] += bias;
  }
  with_activation(args.activation, [&](auto act) {
    KILN_UNROLL
    for (int i = 0; i < kThreadM; ++i) {
      KILN_UNROLL
      for (int j = 0; j < kThreadN; ++j) sums[i][j] = act.forward(sums[i][j]);
    }
  });
  KILN_UNROLL
  for (int i = 0; i < kThreadM; ++i) {
    const std::int64_t row = m_begin + FragmentA::place(thread_m, i);
    if (row >= args.m) continue;
    KILN_UNROLL
    for (int p = 0; p < kThreadN; p += kWidth) {
      const std::int64_t col = n_begin + FragmentB::place(thread_n, p);
      float* const c = args.c + row * args.n + col;
      if (wide && col < args.n) {
        Pack<kWidth> pack = args.accumulate ? load_pack<kWidth>(c) : Pack<kWidth>{};
        KILN_UNROLL
        for (int j = 0; j < kWidth; ++j) pack.at[j] += sums[i][p + j];
        store_pack<kWidth>(c, pack);
      } else {
        KILN_UNROLL
        for (int j = 0; j < kWidth; ++j) {
          if (col + j < args.n) c[j] = args.accumulate ? c[j] + sums[i][p + j] : sums[i][p + j];
        }
      }
    }
  }
}

// ---- launchers

template <class Tile>
std::int64_t tiles_of(const GemmArgs<float>& args) {
  return ((args.m + Tile::kM - 1) / Tile::kM) * ((args.n + Tile::kN - 1) / Tile::kN);
}

template <class Tile>
void launch_tiles(CudaStream stream, const GemmArgs<float>& args) {
  const auto kernel = args.transpose_a ? (args.transpose_b ? gemm_tiled_kernel<Tile, true, true>
                                                           : gemm_tiled_kernel<Tile, true, false>)
                                       : (args.transpose_b ? gemm_tiled_kernel<Tile, false, true>
                                                           : gemm_tiled_kernel<Tile, false, false>);
  launch("gemm", kernel, static_cast<unsigned>(tiles_of<Tile>(args)), kGemmThreads, 0, stream,
         args);
}

void gemm_tiled(CudaStream stream, const GemmArgs<float>& given) {
  GemmArgs<float> args = given;
  if (args.k == 0) args.a = args.b = args.c;  // never read, but may be null
  // Large tiles reuse more of what they read, once there is about one for every multiprocessor.
  constexpr std::int64_t kEnoughTiles = 96;
  if (tiles_of<LargeTile>(args) >= kEnoughTiles) {
    launch_tiles<LargeTile>(stream, args);
  } else {
    launch_tiles<SmallTile>(stream, args);
  }
}

}  // namespace kiln::kernels
