// SPDX-License-Identifier: MIT
// One JSON object a line (metrics.jsonl), in the order given:
//   logger.log({{"epoch", 1}, {"step", 100}, {"d_loss", 0.25F}});
// Floating-point values print as the shortest text that reads back as the same float or double;
// JSON has no NaN or infinity, so these become null. Lines are written whole (append_file.h).
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/io/append_file.h"

namespace kiln {

// A value as JSON text, and as a number if it is one.
class LogValue {
 public:
  LogValue(bool value) : json_(value ? "true" : "false") {}  // NOLINT: converts on purpose
  template <std::integral T>
  LogValue(T value)  // NOLINT
      : json_(std::to_string(value)), number_(static_cast<double>(value)) {}
  LogValue(float value);             // NOLINT
  LogValue(double value);            // NOLINT
  LogValue(std::string_view value);  // NOLINT: bytes that are not UTF-8 become �
  LogValue(const char* value) : LogValue(std::string_view(value)) {}         // NOLINT
  LogValue(const std::string& value) : LogValue(std::string_view(value)) {}  // NOLINT

  const std::string& json() const { return json_; }
  const std::optional<double>& number() const { return number_; }

 private:
  std::string json_;
  std::optional<double> number_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

class StepLogger {
 public:
  // Goes on behind the first `keep` lines of the file: what follows is cut off.
  explicit StepLogger(const std::filesystem::path& path, std::int64_t keep = 0);

  void log(std::initializer_list<LogField> fields) {
    log(std::span(fields.begin(), fields.size()));
  }
  void log(std::span<const LogField> fields);

 private:
  AppendFile file_;
};

}  // namespace kiln
