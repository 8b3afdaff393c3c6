// SPDX-License-Identifier: MIT
// Names from the ELF symbol table: dladdr() alone does not know static functions.
#include "kernel_name.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

namespace cuda_emulation {
namespace {

/// The mangled name of the function symbol at `value` in an ELF64 image, or "".
std::string find_symbol(const std::vector<char>& image, std::uintptr_t address,
                        std::uintptr_t base) {
  Elf64_Ehdr header;
  if (image.size() < sizeof header) return "";
  std::memcpy(&header, image.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
  const std::uintptr_t value = header.e_type == ET_DYN ? address - base : address;
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  if (image.size() < header.e_shoff + sections.size() * sizeof(Elf64_Shdr)) return "";
  std::memcpy(sections.data(), image.data() + header.e_shoff, sections.size() * sizeof(Elf64_Shdr));
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, image.data() + section.sh_offset + at, sizeof symbol);
      if (symbol.st_value == value && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC) {
        return image.data() + sections[section.sh_link].sh_offset + symbol.st_name;
      }
    }
  }
  return "";
}

std::string look_up(const void* function) {
  Dl_info info{};
  std::string mangled;
  if (dladdr(function, &info) != 0 && info.dli_fname != nullptr) {
    if (info.dli_sname != nullptr && info.dli_saddr == function) mangled = info.dli_sname;
    if (mangled.empty()) {
      for (const char* path : {info.dli_fname, "/proc/self/exe"}) {
        std::ifstream file(path, std::ios::binary);
        const std::vector<char> image{std::istreambuf_iterator<char>(file), {}};
        mangled = find_symbol(image, reinterpret_cast<std::uintptr_t>(function),
                              reinterpret_cast<std::uintptr_t>(info.dli_fbase));
        if (!mangled.empty()) break;
      }
    }
  }
  if (mangled.empty()) {
    char text[40];
    std::snprintf(text, sizeof text, "kernel at %p", function);
    return text;
  }
  int status = 0;
  char* readable = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
  std::string name = status == 0 ? readable : mangled;
  std::free(readable);
  return name;
}

}  // namespace

std::string kernel_name(const void* function) {
  static std::map<const void*, std::string> known;
  auto [entry, is_new] = known.try_emplace(function);
  if (is_new) entry->second = look_up(function);
  return entry->second;
}

}  // namespace cuda_emulation
