// SPDX-License-Identifier: MIT
// What every fuzz target shares. The input becomes a file, a reader reads it, and of all that can
// be wrong with it nothing may come out but an Error, one short readable line that names the file.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "kernels/error.h"

namespace kiln::fuzz {

// For readers that take a limit: 64 KiB of gzip can unpack to four times as much.
inline constexpr std::size_t kMostBytes = std::size_t{1} << 24;

inline void require(bool holds, const char* what, std::string_view seen = "") {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s: %.*s\n", what, static_cast<int>(seen.size()), seen.data());
  std::abort();
}

// Puts the bytes into a file in memory, one for the whole process, and returns its path.
inline std::string file_of(std::span<const std::uint8_t> bytes) {
  static const int descriptor = ::memfd_create("fuzz", MFD_CLOEXEC);
  const auto size = static_cast<ssize_t>(bytes.size());
  require(descriptor >= 0 && ::ftruncate(descriptor, size) == 0 &&
              ::pwrite(descriptor, bytes.data(), bytes.size(), 0) == size,
          "cannot write the file that is to be read");
  return "/proc/self/fd/" + std::to_string(descriptor);
}

inline void require_clear(std::string_view message, std::string_view path) {
  constexpr std::size_t kLongest = 2000;
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  require(message.starts_with(path), "the error does not name the file", message);
  require(std::none_of(message.begin(), message.end(), is_control), "the error is not one line",
          message);
  require(message.size() <= kLongest, "the error is too long", message);
}

// Calls read(path) of a file with these bytes.
template <class Read>
void expect_read_or_error(std::span<const std::uint8_t> bytes, Read read) {
  const std::string path = file_of(bytes);
  try {
    read(path);
  } catch (const Error& error) {
    require_clear(error.what(), path);
  }
}

// Reads every byte, under AddressSanitizer's eyes.
template <class Values>
void touch(const Values& values) {
  [[maybe_unused]] static volatile unsigned sink;
  unsigned sum = 0;
  for (const std::byte byte : std::as_bytes(std::span(values))) {
    sum += std::to_integer<unsigned>(byte);
  }
  sink = sum;
}

}  // namespace kiln::fuzz
