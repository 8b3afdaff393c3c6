// SPDX-License-Identifier: MIT
#include "engine/io/printable.h"

#include <fmt/format.h>

namespace kiln {

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return printable(text);
  // Step back over UTF-8 continuation bytes, so that no character is cut in two.
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xc0) == 0x80) --max_bytes;
  return printable(text.substr(0, max_bytes)) + "...";
}

}  // namespace kiln
