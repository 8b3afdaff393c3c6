// SPDX-License-Identifier: MIT
#include "tests/gpu_budget/cubin.h"

#include <cxxabi.h>
#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace kiln::test {
namespace {

constexpr int kCudaMachine = 190;
enum InfoFormat : unsigned char { kInfoWithData = 4 };
enum InfoAttribute : unsigned char { kStackBytes = 0x12, kRegisters = 0x2f };

template <class T>
T read(std::string_view bytes, std::size_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) {
    throw std::runtime_error("machine code for a GPU ends early");
  }
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// One ELF file for a GPU, which begins where `bytes` begins.
class Cubin {
 public:
  explicit Cubin(std::string_view bytes) : bytes_(bytes), header_(read<Elf64_Ehdr>(bytes, 0)) {
    for (unsigned i = 0; i < header_.e_shnum; ++i) {
      sections_.push_back(read<Elf64_Shdr>(bytes, header_.e_shoff + i * sizeof(Elf64_Shdr)));
    }
  }

  // Since version 8 of NVIDIA's ABI the architecture is in the second byte of the flags.
  int sm() const {
    const unsigned flags = header_.e_flags;
    return static_cast<int>(header_.e_ident[EI_ABIVERSION] >= 8 ? flags >> 8 & 0xff : flags & 0xff);
  }

  std::vector<KernelResources> kernels() const {
    std::map<unsigned, int> registers, stack;  // by symbol
    read_info(section(".nv.info"), registers, stack);
    std::vector<KernelResources> result;
    for (const auto& [symbol, count] : registers) {
      const std::string mangled = symbol_name(symbol);
      const Elf64_Shdr* shared = section(".nv.shared." + mangled);
      const auto found = stack.find(symbol);
      if (found == stack.end()) continue;  // a device function that was not inlined
      // Since sm_90 the section begins with what the system reserves.
      const int reserved = sm() >= 90 ? 1024 : 0;
      result.push_back({kernel_name(mangled), sm(), count, found->second,
                        shared == nullptr ? 0 : static_cast<int>(shared->sh_size) - reserved});
    }
    return result;
  }

 private:
  std::string text(const Elf64_Shdr& strings, std::size_t at) const {
    const std::size_t begin = strings.sh_offset + at;
    read<char>(bytes_, begin);
    return std::string(bytes_.substr(begin, bytes_.find('\0', begin) - begin));
  }

  const Elf64_Shdr* section(const std::string& name) const {
    for (const Elf64_Shdr& candidate : sections_) {
      if (text(sections_.at(header_.e_shstrndx), candidate.sh_name) == name) return &candidate;
    }
    return nullptr;
  }

  std::string symbol_name(unsigned index) const {
    const Elf64_Shdr* symbols = section(".symtab");
    if (symbols == nullptr) throw std::runtime_error("machine code for a GPU has no symbols");
    const auto symbol =
        read<Elf64_Sym>(bytes_, symbols->sh_offset + std::size_t{index} * sizeof(Elf64_Sym));
    return text(sections_.at(symbols->sh_link), symbol.st_name);
  }

  void read_info(const Elf64_Shdr* info, std::map<unsigned, int>& registers,
                 std::map<unsigned, int>& stack) const {
    if (info == nullptr) return;
    std::size_t at = info->sh_offset;
    while (at < info->sh_offset + info->sh_size) {
      const auto format = read<unsigned char>(bytes_, at);
      const auto attribute = read<unsigned char>(bytes_, at + 1);
      const auto size = read<std::uint16_t>(bytes_, at + 2);  // or the value, in other formats
      at += 4;
      if (format != kInfoWithData) continue;
      if (attribute == kRegisters || attribute == kStackBytes) {
        auto& values = attribute == kRegisters ? registers : stack;
        values[read<std::uint32_t>(bytes_, at)] =
            static_cast<int>(read<std::uint32_t>(bytes_, at + 4));
      }
      at += size;
    }
  }

  std::string_view bytes_;
  Elf64_Ehdr header_;
  std::vector<Elf64_Shdr> sections_;
};

void remove_all(std::string& text, std::string_view part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part)) {
    text.erase(at, part.size());
  }
}

// Where the parameter list begins: the opening bracket that the last character closes.
std::size_t parameters_begin(const std::string& name) {
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    if (name[i] == ')') ++depth;
    if (name[i] == '(' && --depth == 0) return i;
  }
  return name.size();
}

}  // namespace

std::string kernel_name(const std::string& mangled) {
  const std::unique_ptr<char, void (*)(void*)> readable(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, nullptr), std::free);
  if (readable == nullptr) return mangled;
  std::string name = readable.get();
  if (name.ends_with(')')) name.erase(parameters_begin(name));
  if (name.starts_with("void ")) name.erase(0, 5);
  for (const char* part : {"kiln::kernels::", "kiln::", "(anonymous namespace)::"}) {
    remove_all(name, part);
  }
  return name;
}

std::vector<KernelResources> read_kernel_resources(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + " cannot be read");
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  std::vector<KernelResources> result;
  for (std::size_t at = bytes.find(ELFMAG); at != std::string::npos;
       at = bytes.find(ELFMAG, at + 1)) {
    const std::string_view rest = std::string_view(bytes).substr(at);
    if (rest.size() < sizeof(Elf64_Ehdr) ||
        read<std::uint16_t>(rest, offsetof(Elf64_Ehdr, e_machine)) != kCudaMachine) {
      continue;
    }
    const std::vector<KernelResources> kernels = Cubin(rest).kernels();
    result.insert(result.end(), kernels.begin(), kernels.end());
  }
  return result;
}

}  // namespace kiln::test
