// SPDX-License-Identifier: MIT
// What GemmBackend::measured remembers: which implementation of a product was the faster one.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "kernels/activation.h"
#include "kernels/gemm.h"
#include "kernels/precision.h"

namespace kiln::kernels {

enum class GemmOp { gemm, linear_backward };

// What a choice depends on besides its shape: any of these, or'ed. "add": accumulate into.
enum GemmVariant : unsigned {
  kTransposeA = 1u << 0,
  kTransposeB = 1u << 1,
  kBias = 1u << 2,
  kAccumulate = 1u << 3,
  kDWeight = 1u << 4,
  kAddDWeight = 1u << 5,
  kDBias = 1u << 6,
  kAddDBias = 1u << 7,
  kDx = 1u << 8,
  kAddDx = 1u << 9,
};

// One product to choose for. m, n, k of linear_backward are batch, in, out.
struct GemmKey {
  GemmOp op = GemmOp::gemm;
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  unsigned variant = 0;
  ActivationKind activation = ActivationKind::identity;
  Precision precision = Precision::fp32;

  auto operator<=>(const GemmKey&) const = default;  // NOLINT(modernize-use-nullptr)
};

struct GemmChoice {
  GemmBackend winner = GemmBackend::kiln;  // or cublas
  double kiln_us = 0;                      // medians, in microseconds
  double cublas_us = 0;
};

using GemmChoices = std::map<GemmKey, GemmChoice>;

// One line of words, without the line's end: op, m, n, k, the variant's words joined by '+',
// activation, precision; then winner and the two medians.
//   gemm 64 784 512 transpose_b+bias tanh fp32 cublas 12.5 10.25
std::string gemm_choice_line(const GemmKey& key, const GemmChoice& choice);
// Nothing unless the whole line is what gemm_choice_line() writes, with sizes above 0 and medians
// that are finite and not negative.
std::optional<GemmChoices::value_type> parse_gemm_choice_line(const std::string& line);

// The backend that the environment's KILN_GEMM names; kiln if it is null or empty. Errors: another
// word.
GemmBackend gemm_backend_named(const char* setting);

}  // namespace kiln::kernels
