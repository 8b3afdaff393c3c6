// SPDX-License-Identifier: MIT
// Text from outside (names in files, paths) made fit for a one-line message: control characters
// become \xNN, so that a hostile name can neither break the line nor drive the terminal.
#pragma once

#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>

namespace kiln {

std::string printable(std::string_view text);                         // any length
std::string printable(std::string_view text, std::size_t max_bytes);  // cut, with "..." at the end

// A template, so that a string is not taken for a path.
template <std::same_as<std::filesystem::path> Path>
std::string printable(const Path& path) {
  return printable(std::string_view(path.native()));
}

}  // namespace kiln
