// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {

// Throws the Error `path: what: the system's words for error_number`.
[[noreturn]] inline void throw_system_failure(const std::filesystem::path& path, const char* what,
                                              int error_number) {
  throw Error(fmt::format("{}: {}: {}", printable(path), what,
                          std::generic_category().message(error_number)));
}

}  // namespace kiln
