// SPDX-License-Identifier: MIT
// One JSON object a line (metrics.jsonl), in the order given:
//   logger.log({{"epoch", 1}, {"step", 100}, {"d_loss", 0.25F}});
// Floating-point values print as the shortest text that reads back as the same float or double;
// JSON has no NaN or infinity, so these become null. Each line reaches the system before log()
// returns. When a line cannot be written (a full disk) it is taken back, so that the file still
// parses, and an Error names the file.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace kiln {

// A value as JSON text.
class LogValue {
 public:
  LogValue(bool value) : json_(value ? "true" : "false") {}  // NOLINT: converts on purpose
  template <std::integral T>
  LogValue(T value) : json_(std::to_string(value)) {}  // NOLINT
  LogValue(float value);                               // NOLINT
  LogValue(double value);                              // NOLINT
  LogValue(std::string_view value);  // NOLINT: bytes that are not UTF-8 become �
  LogValue(const char* value) : LogValue(std::string_view(value)) {}         // NOLINT
  LogValue(const std::string& value) : LogValue(std::string_view(value)) {}  // NOLINT

  const std::string& json() const { return json_; }

 private:
  std::string json_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

class StepLogger {
 public:
  // Begins the file anew.
  explicit StepLogger(const std::filesystem::path& path);
  ~StepLogger();
  StepLogger(const StepLogger&) = delete;
  StepLogger& operator=(const StepLogger&) = delete;

  void log(std::initializer_list<LogField> fields) {
    log(std::span(fields.begin(), fields.size()));
  }
  void log(std::span<const LogField> fields);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace kiln
