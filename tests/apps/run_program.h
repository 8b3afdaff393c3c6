// SPDX-License-Identifier: MIT
// Runs a program as a stranger would, without a shell: arguments, a folder to run in, and what is
// seen of it.
#pragma once

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace kiln::test {

enum class Stdout {
  pipe,
  terminal,   // of 60 columns
  closed,     // before the program starts
  closing,    // a pipe whose reader goes away at once
  full_disk,  // /dev/full
};

struct RunOptions {
  std::filesystem::path folder = ".";
  Stdout standard_output = Stdout::pipe;
  rlim_t file_size_limit = RLIM_INFINITY;  // writes beyond it fail: a disk that fills up
  // Sends `signal` when standard output has shown `signal_after`.
  int signal = 0;
  std::string signal_after = {};
  bool ignores_signal = false;  // as a shell starts programs in the background
};

struct Outcome {
  int exit_code = -1;  // 128 + the signal that killed it
  std::string out;
  std::string err;
  long peak_kib = 0;  // of resident memory
};

Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                    const RunOptions& options = {});

}  // namespace kiln::test
