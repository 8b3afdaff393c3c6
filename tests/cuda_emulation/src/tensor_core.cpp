// SPDX-License-Identifier: MIT
// Fragment products, the loads that fill fragments, and conversions. The lane layouts are the
// figures of the PTX ISA's sections on mma.m16n8k8, mma.m16n8k16 and ldmatrix.
#include "cuda_emulation/tensor_core.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "block_scheduler.h"
#include "cuda_emulation/warp_collective.h"
#include "faults.h"

namespace cuda_emulation {
namespace {

constexpr unsigned kAllLanes = ~0u;

enum class Meeting { kWhole, kLanesMissing, kPlacesDiffer };

/// What every lane brings: where it is, and what came of the meeting.
struct Lane {
  std::source_location site;
  Meeting meeting = Meeting::kWhole;
};

/// True if the whole warp met at one place; else tells the lanes, which raise the fault.
template <class Argument>
bool met(void* const* arguments, unsigned participants) {
  Meeting meeting = participants == kAllLanes ? Meeting::kWhole : Meeting::kLanesMissing;
  unsigned line = 0;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((participants >> lane & 1u) == 0) continue;
    const unsigned here = static_cast<Argument*>(arguments[lane])->site.line();
    if (line != 0 && here != line) meeting = Meeting::kPlacesDiffer;
    line = here;
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (participants >> lane & 1u) static_cast<Argument*>(arguments[lane])->meeting = meeting;
  }
  return meeting == Meeting::kWhole;
}

template <class Argument>
void meet(const char* name, Argument& argument, void (*complete)(void* const*, unsigned)) {
  warp_collective({name, kAllLanes, &argument, complete, argument.site});
  if (argument.meeting == Meeting::kWhole) return;
  const std::source_location site = argument.site;
  const bool missing = argument.meeting == Meeting::kLanesMissing;
  BlockScheduler::instance().fail(cudaErrorLaunchFailure, [=] {
    return std::string(name) + " at " + place(site) +
           (missing ? ": lanes of the warp are missing" : ": other lanes call it elsewhere");
  });
}

struct Product : Lane {
  float d[4];
  std::uint32_t a[4], b[2];
};

struct Tf32 {
  static constexpr unsigned kDepth = 8;
  static double a(void* const* lanes, unsigned row, unsigned k) {
    return value(of(lanes, row, k).a[row / 8 + k / 4 * 2]);
  }
  static double b(void* const* lanes, unsigned k, unsigned column) {
    return value(of(lanes, column, k).b[k / 4]);
  }

 private:
  static const Product& of(void* const* lanes, unsigned group, unsigned k) {
    return *static_cast<Product*>(lanes[group % 8 * 4 + k % 4]);
  }
  static double value(std::uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); }
};

struct Bf16 {
  static constexpr unsigned kDepth = 16;
  static double a(void* const* lanes, unsigned row, unsigned k) {
    return value(of(lanes, row, k).a[row / 8 + k / 8 * 2], k);
  }
  static double b(void* const* lanes, unsigned k, unsigned column) {
    return value(of(lanes, column, k).b[k / 8], k);
  }

 private:
  static const Product& of(void* const* lanes, unsigned group, unsigned k) {
    return *static_cast<Product*>(lanes[group % 8 * 4 + k % 8 / 2]);
  }
  static double value(std::uint32_t pair, unsigned k) {
    return std::bit_cast<float>(k % 2 != 0 ? pair & 0xffff0000u : pair << 16);
  }
};

template <class Format>
void complete_product(void* const* arguments, unsigned participants) {
  if (!met<Product>(arguments, participants)) return;
  double a[16][Format::kDepth], b[8][Format::kDepth];
  for (unsigned k = 0; k < Format::kDepth; ++k) {
    for (unsigned row = 0; row < 16; ++row) a[row][k] = Format::a(arguments, row, k);
    for (unsigned column = 0; column < 8; ++column) {
      b[column][k] = Format::b(arguments, k, column);
    }
  }
  for (unsigned row = 0; row < 16; ++row) {
    for (unsigned column = 0; column < 8; ++column) {
      auto* lane = static_cast<Product*>(arguments[row % 8 * 4 + column / 2]);
      float& d = lane->d[row / 8 * 2 + column % 2];
      double sum = d;
      for (unsigned k = 0; k < Format::kDepth; ++k) sum += a[row][k] * b[column][k];
      d = static_cast<float>(sum);
    }
  }
}

template <class Format>
void multiply(const char* name, float (&d)[4], const std::uint32_t (&a)[4],
              const std::uint32_t (&b)[2], std::source_location site) {
  Product product{{site}, {d[0], d[1], d[2], d[3]}, {a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  meet(name, product, complete_product<Format>);
  for (int i = 0; i < 4; ++i) d[i] = product.d[i];
}

/// `kMatrices` matrices of 8 x 8 16-bit elements. Row r of matrix m is the one that lane 8 m + r
/// addresses; that lane reads it, before the lanes meet and in sight of the sanitizers.
template <int kMatrices>
struct Load : Lane {
  std::uint16_t row[8];
  std::uint32_t result[kMatrices];
};

template <int kMatrices, bool kTranspose>
void complete_load(void* const* arguments, unsigned participants) {
  using Argument = Load<kMatrices>;
  if (!met<Argument>(arguments, participants)) return;
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (unsigned m = 0; m < kMatrices; ++m) {
      const auto element = [&](unsigned row, unsigned column) -> std::uint32_t {
        if (kTranspose) std::swap(row, column);
        return static_cast<Argument*>(arguments[m * 8 + row])->row[column];
      };
      const unsigned row = lane / 4, column = lane % 4 * 2;
      static_cast<Argument*>(arguments[lane])->result[m] =
          element(row, column) | element(row, column + 1) << 16;
    }
  }
}

/// What is wrong with the address of a row; null if nothing is.
const char* objection(BlockScheduler& scheduler, const void* row) {
  if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0) return "its row is misaligned";
  if (!scheduler.shared().contains(row, 16)) return "its row is not in shared memory";
  return nullptr;
}

template <int kMatrices, bool kTranspose>
void load(const char* name, std::uint32_t (&r)[kMatrices], const void* row,
          std::source_location site) {
  BlockScheduler& scheduler = BlockScheduler::instance();
  scheduler.require_kernel(name);
  if (const char* wrong = objection(scheduler, row)) {
    scheduler.fail(cudaErrorIllegalAddress,
                   [=] { return std::string(name) + " at " + place(site) + ": " + wrong; });
  }
  Load<kMatrices> argument{{site}, {}, {}};
  if (lane_id() < kMatrices * 8) std::memcpy(argument.row, row, 16);
  meet(name, argument, complete_load<kMatrices, kTranspose>);
  for (int m = 0; m < kMatrices; ++m) r[m] = argument.result[m];
}

std::uint32_t to_bf16(float x) {
  if (std::isnan(x)) return 0x7fffu;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

}  // namespace

void mma_m16n8k8_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                      std::source_location site) {
  multiply<Tf32>("mma.m16n8k8", d, a, b, site);
}
void mma_m16n8k16_bf16(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                       std::source_location site) {
  multiply<Bf16>("mma.m16n8k16", d, a, b, site);
}

void ldmatrix_x2(std::uint32_t (&r)[2], const void* row, std::source_location site) {
  load<2, false>("ldmatrix.x2", r, row, site);
}
void ldmatrix_x4(std::uint32_t (&r)[4], const void* row, std::source_location site) {
  load<4, false>("ldmatrix.x4", r, row, site);
}
void ldmatrix_x2_trans(std::uint32_t (&r)[2], const void* row, std::source_location site) {
  load<2, true>("ldmatrix.x2.trans", r, row, site);
}
void ldmatrix_x4_trans(std::uint32_t (&r)[4], const void* row, std::source_location site) {
  load<4, true>("ldmatrix.x4.trans", r, row, site);
}

std::uint32_t to_tf32(float x) {
  if (std::isnan(x)) return 0x7fffffffu;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::isinf(x) ? bits : (bits + 0x1000u) & 0xffffe000u;
}

std::uint32_t pack_bf16(float low, float high) { return to_bf16(high) << 16 | to_bf16(low); }

}  // namespace cuda_emulation
