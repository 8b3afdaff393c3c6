// SPDX-License-Identifier: MIT
// --threads=N, beside Google Benchmark's own options.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace kiln::bench {

// Takes the option out of argv and returns its number: 1 without it. Ends the program with 2 where
// that is not a number of at least 1.
inline int take_threads_option(const char* program, int& argc, char** argv) {
  constexpr std::string_view kOption = "--threads=";
  int threads = 1;
  const auto last = std::remove_if(argv + 1, argv + argc, [&](const char* argument) {
    if (!std::string_view(argument).starts_with(kOption)) return false;
    threads = std::atoi(argument + kOption.size());
    return true;
  });
  argc = static_cast<int>(last - argv);
  if (threads < 1) {
    std::fprintf(stderr, "%s: error: --threads wants a number of at least 1\n", program);
    std::exit(2);
  }
  return threads;
}

}  // namespace kiln::bench
