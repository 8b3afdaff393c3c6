// SPDX-License-Identifier: MIT
// What the compiler's assembler reports about each kernel: registers, stack and shared memory, as
// `cuobjdump --dump-resource-usage` prints them, read from the machine code in an object file, an
// archive or a program. The toolkit's cuobjdump is not always installed. nvcc must not have
// compressed the code (-no-compress).
//
// Machine code for a GPU is an ELF file with e_machine 190. Its .nv.info section is a list of
// attributes {format, attribute, size, data}, of which these are for a symbol: 0x2f, registers, and
// 0x12, bytes of stack, which hold local arrays and spilled registers alike. A kernel's static
// shared memory is the size of its section .nv.shared.NAME.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kiln::test {

struct KernelResources {
  std::string name;  // readable, without its parameters and kiln's namespaces: "adam_kernel"
  int sm = 0;        // 75, 80, ...
  int registers = 0;
  int stack_bytes = 0;
  int shared_bytes = 0;
};

// Every kernel for every architecture in the file, in its order. Errors: std::runtime_error for a
// file that cannot be read or machine code that ends early.
std::vector<KernelResources> read_kernel_resources(const std::filesystem::path& file);

// The name of a kernel as the tables have it. mangled: as the linker knows it.
std::string kernel_name(const std::string& mangled);

}  // namespace kiln::test
