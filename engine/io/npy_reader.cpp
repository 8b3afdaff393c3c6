// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "engine/io/byte_order.h"
#include "engine/io/checked_size.h"
#include "engine/io/file.h"
#include "engine/io/gzip.h"
#include "engine/io/image_grid.h"
#include "engine/io/npy.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kMaxRank = 64;  // NumPy's own limit

bool starts_with_magic(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

// The header's Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, keys in
// any order. A method returns false, or an empty text, where the literal says something else.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  bool parse(NpyHeader& header, bool& fortran_order) {
    int keys = 0;
    if (!take('{')) return false;
    while (!take('}')) {
      const std::string key = quoted();
      if (!take(':') || !value_of(key, header, fortran_order)) return false;
      if (!take(',') && !peek('}')) return false;
      ++keys;
    }
    skip_space();
    return rest_.empty() && keys == 3;
  }

 private:
  bool value_of(const std::string& key, NpyHeader& header, bool& fortran_order) {
    if (key == "descr") return !(header.type = quoted()).empty();
    if (key == "fortran_order") return boolean(fortran_order);
    return key == "shape" && tuple(header.shape);
  }

  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size()));
  }
  bool peek(char c) {
    skip_space();
    return rest_.starts_with(c);
  }
  bool take(char c) {
    if (!peek(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string quoted() {
    if (!take('\'')) return {};
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) return {};
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean(bool& value) {
    skip_space();
    value = rest_.starts_with("True");
    if (!value && !rest_.starts_with("False")) return false;
    rest_.remove_prefix(value ? 4 : 5);
    return true;
  }
  bool tuple(std::vector<std::size_t>& values) {
    if (!take('(')) return false;
    while (!take(')')) {
      skip_space();
      std::size_t value = 0;
      const char* const end = rest_.data() + rest_.size();
      const auto [parsed, error] = std::from_chars(rest_.data(), end, value);
      if (error != std::errc() || values.size() == kMaxRank) return false;
      rest_.remove_prefix(static_cast<std::size_t>(parsed - rest_.data()));
      values.push_back(value);
      if (!take(',') && !peek(')')) return false;
    }
    return true;
  }

  std::string_view rest_;
};

// Of one number of the type: "<f4" has 4; none where it is not little-endian or no plain number.
std::optional<std::size_t> type_bytes(const std::string& type) {
  const bool plain = type.size() == 3 && (type[0] == '<' || (type[0] == '|' && type[2] == '1')) &&
                     std::string_view("fiu").find(type[1]) != std::string_view::npos &&
                     std::string_view("1248").find(type[2]) != std::string_view::npos;
  if (!plain) return std::nullopt;
  return static_cast<std::size_t>(type[2] - '0');
}

NpyArray read_array(const std::string& name, PlainOrGzipReader& reader, const NpyHeader& header,
                    std::size_t max_bytes) {
  const auto size = type_bytes(header.type);
  if (!size) {
    throw Error(fmt::format("{}: holds '{}', not plain little-endian numbers", name,
                            printable(header.type, 100)));
  }
  const std::string shape = fmt::format("({})", fmt::join(header.shape, ","));
  const auto count = checked_product(header.shape);
  if (!count || *count > max_bytes / *size) {
    throw Error(fmt::format("{}: shape {} asks for more than {} bytes", name, shape, max_bytes));
  }
  const std::size_t bytes = *count * *size;
  NpyArray array{header.type, header.shape, read_growing(reader, bytes, reader.most_left())};
  if (array.bytes.size() < bytes) {
    throw Error(fmt::format("{}: truncated: shape {} needs {} bytes, {} follow", name, shape, bytes,
                            array.bytes.size()));
  }
  std::uint8_t extra = 0;
  if (reader.read({&extra, 1}) != 0) {
    throw Error(fmt::format("{}: trailing bytes: shape {} needs {} bytes, more follow", name, shape,
                            bytes));
  }
  return array;
}

}  // namespace

NpyHeader read_npy_header(PlainOrGzipReader& reader) {
  const std::string name = printable(reader.file().path());
  const auto read = [&](std::span<std::uint8_t> out) {
    if (reader.read(out) < out.size()) throw Error(name + ": truncated: ends in the header");
  };
  std::array<std::uint8_t, 8> start = {};  // magic and version
  const std::size_t got = reader.read(start);
  if (!starts_with_magic(std::span(start).first(got))) {
    throw Error(name + ": not an .npy file: the magic number is missing");
  }
  if (got < start.size()) throw Error(name + ": truncated: ends in the header");
  const int version = start[6];
  if (version < 1 || version > 3) {
    throw Error(fmt::format("{}: .npy version {} is unknown", name, version));
  }
  std::array<std::uint8_t, 8> length = {};
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  read(std::span(length).first(length_bytes));
  const std::uint64_t text_bytes = load_little64(length.data());
  constexpr std::uint64_t kMaxHeader = 1 << 20;
  if (text_bytes > kMaxHeader) {
    throw Error(fmt::format("{}: a header of {} bytes is too large", name, text_bytes));
  }
  std::string text(text_bytes, '\0');
  read({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  NpyHeader header;
  header.bytes = start.size() + length_bytes + text.size();
  bool fortran_order = false;
  if (!HeaderParser(text).parse(header, fortran_order)) {
    throw Error(fmt::format("{}: cannot understand the header {}", name,
                            printable(text.substr(0, text.find_last_not_of(" \n") + 1), 200)));
  }
  if (fortran_order) throw Error(name + ": is in Fortran order, not in C order");
  return header;
}

bool is_npy(const std::filesystem::path& path) {
  PlainOrGzipReader reader(path);
  std::array<std::uint8_t, kMagic.size()> start = {};
  return starts_with_magic(std::span(start).first(reader.read(start)));
}

NpyArray read_npy(const std::filesystem::path& path, std::size_t max_bytes) {
  PlainOrGzipReader reader(path);
  const std::string name = printable(path);
  return read_array(name, reader, read_npy_header(reader), max_bytes);
}

NpyFloats read_npy_floats(const std::filesystem::path& path, std::size_t max_bytes) {
  PlainOrGzipReader reader(path);
  const std::string name = printable(path);
  const NpyHeader header = read_npy_header(reader);
  if (header.type != "<f4" && header.type != "|u1") {
    throw Error(fmt::format("{}: holds '{}', neither float32 ('<f4') nor bytes ('|u1')", name,
                            printable(header.type, 100)));
  }
  NpyArray array = read_array(name, reader, header, max_bytes);
  if (header.type == "|u1") return {std::move(array.shape), bytes_to_unit(array.bytes)};
  NpyFloats result{std::move(array.shape), std::vector<float>(array.bytes.size() / sizeof(float))};
  if (!array.bytes.empty()) {
    std::memcpy(result.values.data(), array.bytes.data(), array.bytes.size());
  }
  return result;
}

}  // namespace kiln
