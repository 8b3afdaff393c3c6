// SPDX-License-Identifier: MIT
// What Kiln's programs share: option parsing, output and the one-line error. Exit codes: 0 done, 1
// an error in the input or on the way, 2 wrong usage, 130 interrupted.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "apps/standard_streams.h"
#include "engine/io/printable.h"

namespace kiln::apps {

inline constexpr std::uint64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
inline constexpr std::uint64_t kMaxSeed = std::numeric_limits<std::uint64_t>::max();

// Checks of option values: CLI11's conversion takes -1 for an unsigned number and cuts large ones.
inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [=](const std::string& text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, value);
    const bool good = error == std::errc() && parsed == end && least <= value && value <= most;
    return good ? std::string()
                : fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
  };
  return {check, ""};
}

// CLI11's own check names its bounds, one of them of 309 digits.
inline CLI::Validator not_negative() {
  const auto check = [](const std::string& text) {
    double value = -1;
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, value);
    const bool good = error == std::errc() && parsed == end && value >= 0 && std::isfinite(value);
    return good ? std::string() : fmt::format("'{}' is not a number of at least 0", text);
  };
  return {check, ""};
}

inline CLI::Validator not_empty() {
  return {[](const std::string& text) { return text.empty() ? "is empty" : std::string(); }, ""};
}

// To standard output, at once. What cannot be written there is lost: the results are files.
inline void print(std::string_view text) { std::cout << text << std::flush; }

// One line, whatever the message quotes.
inline void print_error(const std::string& program, std::string_view message) {
  std::cerr << program << ": error: " << printable(message) << '\n' << std::flush;
}

inline void print_warning(const std::string& program, std::string_view message) {
  std::cerr << program << ": warning: " << printable(message) << '\n' << std::flush;
}

// CLI11 repeats its usage hints over several lines; ours is one line.
inline int report_usage(const std::string& program, const CLI::ParseError& error) {
  std::string message = error.what();
  for (char& c : message) c = c == '\n' ? ' ' : c;
  print_error(program, fmt::format("{} (see {} --help)", message, program));
  return 2;
}

// An app whose options may be given twice, as scripts do to change a default: the last one counts.
inline void take_last_option(CLI::App& app) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

// Parses the options into what `app` binds, then runs `body` and turns its exceptions into the
// error line.
inline int run(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  prepare_standard_streams();
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
    print_error(program, "out of memory");
  } catch (const std::exception& error) {
    print_error(program, error.what());
  }
  return 1;
}

}  // namespace kiln::apps
