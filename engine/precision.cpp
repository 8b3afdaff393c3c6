// SPDX-License-Identifier: MIT
#include "engine/precision.h"

#include <atomic>

#include "kernels/error.h"

namespace kiln {
namespace {

std::atomic<Precision> current = Precision::fp32;

}  // namespace

void set_matmul_precision(Precision precision) { current = precision; }

Precision matmul_precision() { return current; }

Precision precision_from_name(const std::string& name) {
  if (name == "fp32") return Precision::fp32;
  if (name == "tf32x3") return Precision::tf32x3;
  if (name == "tf32") return Precision::tf32;
  if (name == "bf16") return Precision::bf16;
  throw Error("precision '" + name + "' is unknown: use fp32, tf32x3, tf32 or bf16");
}

}  // namespace kiln
