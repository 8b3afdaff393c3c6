// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kiln::apps {

// Runs a program to its end and returns its exit code, 128 + the signal that killed it. What it
// prints goes to `log`, behind what is there. When this program is asked to stop
// (apps/interrupt.h), so is the child, which is waited for. Errors: a program that cannot be
// started, a log that cannot be written.
int run_child(const std::filesystem::path& program, const std::vector<std::string>& arguments,
              const std::filesystem::path& log);

}  // namespace kiln::apps
