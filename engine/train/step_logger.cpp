// SPDX-License-Identifier: MIT
#include "engine/train/step_logger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/io/system_failure.h"

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

LogValue::LogValue(float value) : json_(float_json(value)) {}
LogValue::LogValue(double value) : json_(float_json(value)) {}
LogValue::LogValue(std::string_view value) : json_(string_json(value)) {}

StepLogger::StepLogger(const std::filesystem::path& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw_system_failure(path, "cannot create", errno);
}

StepLogger::~StepLogger() { ::close(descriptor_); }

void StepLogger::log(std::span<const LogField> fields) {
  std::string line = "{";
  for (const LogField& field : fields) {
    if (line.size() > 1) line += ',';
    line += string_json(field.name) + ':' + field.value.json();
  }
  line += "}\n";
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(descriptor_, line.data() + done, line.size() - done);
    if (written < 0) {
      if (errno == EINTR) continue;
      const int error_number = errno;
      const off_t end = ::lseek(descriptor_, 0, SEEK_END);
      if (done > 0 && end >= static_cast<off_t>(done)) {
        // If this fails too, the error below still says that the file is not whole.
        [[maybe_unused]] const int ignored =
            ::ftruncate(descriptor_, end - static_cast<off_t>(done));
      }
      throw_system_failure(path_, "cannot write", error_number);
    }
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace kiln
