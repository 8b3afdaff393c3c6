// SPDX-License-Identifier: MIT
// The name of a kernel, for reports.
#pragma once

#include <string>

namespace cuda_emulation {
/// The demangled name of the function at this address, from its module's symbol table, which has
/// static functions as well; "kernel at 0x..." where the module is stripped.
std::string kernel_name(const void* function);
}  // namespace cuda_emulation
