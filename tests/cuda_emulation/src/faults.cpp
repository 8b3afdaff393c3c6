// SPDX-License-Identifier: MIT
// Reporting of faults.
#include "faults.h"

#include <cstdio>

#include "call_counters.h"

namespace cuda_emulation {
namespace {
cudaError_t sticky = cudaSuccess;
}

void report(const std::string& message) {
  ++call_counters().faults;
  std::fprintf(stderr, "[cuda_emulation] %s\n", message.c_str());
  std::fflush(stderr);
}

void raise_fault(cudaError_t error, const std::string& message) {
  report(message);
  if (sticky == cudaSuccess) sticky = error;
}

cudaError_t sticky_error() { return sticky; }
void forget_faults() { sticky = cudaSuccess; }

std::string place(const std::source_location& site) {
  return std::string(site.file_name()) + ":" + std::to_string(site.line());
}

}  // namespace cuda_emulation
