// SPDX-License-Identifier: MIT
#include "engine/train/step_logger.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "engine/io/file.h"

namespace kiln {
namespace {

template <class Float>
std::string float_json(Float value) {
  if (!std::isfinite(value)) return "null";
  std::string text = fmt::format("{}", value);
  // Keeps 1.0 a floating-point number for readers that tell the two kinds apart.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string string_json(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Of the first `count` whole lines of a file, or all of them; 0 where there is no file.
std::uint64_t size_of_lines(const std::filesystem::path& path, std::int64_t count) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return 0;
  constexpr std::size_t kMaxLogBytes = std::size_t{1} << 30;
  const std::vector<std::uint8_t> bytes = read_file(path, kMaxLogBytes);
  auto end = bytes.begin();
  for (std::int64_t line = 0; line < count; ++line) {
    const auto found = std::find(end, bytes.end(), '\n');
    if (found == bytes.end()) break;
    end = found + 1;
  }
  return static_cast<std::uint64_t>(end - bytes.begin());
}

}  // namespace

LogValue::LogValue(float value) : json_(float_json(value)), number_(value) {}
LogValue::LogValue(double value) : json_(float_json(value)), number_(value) {}
LogValue::LogValue(std::string_view value) : json_(string_json(value)) {}

StepLogger::StepLogger(const std::filesystem::path& path, std::int64_t keep)
    : file_(path, keep == 0 ? 0 : size_of_lines(path, keep)) {}

void StepLogger::log(std::span<const LogField> fields) {
  std::string line = "{";
  for (const LogField& field : fields) {
    if (line.size() > 1) line += ',';
    line += string_json(field.name) + ':' + field.value.json();
  }
  line += "}\n";
  file_.append(line);
}

}  // namespace kiln
