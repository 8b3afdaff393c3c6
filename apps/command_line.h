// SPDX-License-Identifier: MIT
// What Kiln's programs share: option parsing and the one-line error. Exit codes: 0 done, 1 an error
// in the input or on the way, 2 wrong usage, 130 interrupted.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <string>

namespace kiln::apps {

// CLI11 repeats its usage hints over several lines; ours is one line.
inline int report_usage(const std::string& program, const CLI::ParseError& error) {
  std::string message = error.what();
  for (char& c : message) c = c == '\n' ? ' ' : c;
  fmt::print(stderr, "{}: error: {} (see {} --help)\n", program, message, program);
  return 2;
}

// Parses the options into what `app` binds, then runs `body` and turns its exceptions into the
// error line.
inline int run(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  const std::string program = app.get_name();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return report_usage(program, error);
  }
  try {
    return body();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: error: out of memory\n", program);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: error: {}\n", program, error.what());
  }
  return 1;
}

}  // namespace kiln::apps
