// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engine/data/sha256.h"
#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {

std::map<std::string, std::string> read_sha256_sums(const std::filesystem::path& path) {
  constexpr std::size_t max_bytes = std::size_t{1} << 20;
  constexpr std::size_t digits = 64;
  const auto bytes = read_file(path, max_bytes);
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::map<std::string, std::string> sums;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    std::string line(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;

    std::string digest = line.substr(0, digits);
    std::transform(digest.begin(), digest.end(), digest.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    const bool is_hex = digest.size() == digits &&
                        digest.find_first_not_of("0123456789abcdef") == std::string::npos;
    // Two characters between sum and name: ' ' and then ' ' (text) or '*' (binary).
    const bool is_sum = is_hex && line.size() > digits + 2 && line[digits] == ' ' &&
                        (line[digits + 1] == ' ' || line[digits + 1] == '*');
    if (!is_sum || !sums.emplace(line.substr(digits + 2), digest).second) {
      throw Error(fmt::format("{}: line {} is {}", printable(path), number,
                              is_sum ? "a second sum for the same file" : "not a SHA-256 sum"));
    }
  }
  return sums;
}

}  // namespace kiln
