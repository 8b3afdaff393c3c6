// SPDX-License-Identifier: MIT
#include "engine/train/step_logger.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

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

}  // namespace

LogValue::LogValue(float value) : json_(float_json(value)), number_(value) {}
LogValue::LogValue(double value) : json_(float_json(value)), number_(value) {}
LogValue::LogValue(std::string_view value) : json_(string_json(value)) {}

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
