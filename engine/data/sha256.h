// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4), and the lists that the tool sha256sum writes: `<64 hex digits>  <name>`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

namespace kiln {

class Sha256 {
 public:
  void update(std::span<const std::uint8_t> bytes);
  // The digest in lower-case hexadecimal; the object is spent.
  std::string hex_digest();

 private:
  void compress(const std::uint8_t* blocks, std::size_t count);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::uint64_t total_bytes_ = 0;
};

// name -> digest in lower case. Empty lines and lines that start with '#' are skipped; any other
// line that is not a sum is an Error with its number.
std::map<std::string, std::string> read_sha256_sums(const std::filesystem::path& path);

}  // namespace kiln
