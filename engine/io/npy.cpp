// SPDX-License-Identifier: MIT
#include "engine/io/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

#include "engine/io/byte_order.h"
#include "engine/io/checked_size.h"
#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string npy_header(const char* type, std::span<const std::size_t> shape) {
  const std::string tuple =
      fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type, tuple);
  constexpr std::size_t preamble_bytes = 10;  // magic, version, header length
  const std::size_t unpadded = preamble_bytes + dictionary.size() + 1;
  dictionary.append((64 - unpadded % 64) % 64, ' ');
  dictionary += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(dictionary.size() & 0xff);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

void write(const std::filesystem::path& path, const char* type, std::size_t count,
           std::span<const std::uint8_t> bytes, std::span<const std::size_t> shape) {
  constexpr std::size_t max_rank = 32;
  if (shape.size() > max_rank || checked_product(shape) != count) {
    throw Error(fmt::format("{}: {} values do not make an array of shape ({})", printable(path),
                            count, fmt::join(shape, ",")));
  }
  AtomicFile file(path);
  file.write(as_bytes(npy_header(type, shape)));
  file.write(bytes);
  file.commit();
}

}  // namespace

void write_npy(const std::filesystem::path& path, std::span<const std::uint8_t> data,
               std::span<const std::size_t> shape) {
  write(path, "|u1", data.size(), data, shape);
}

void write_npy(const std::filesystem::path& path, std::span<const float> data,
               std::span<const std::size_t> shape) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
  write(path, "<f4", data.size(), {bytes, data.size_bytes()}, shape);
}

}  // namespace kiln
