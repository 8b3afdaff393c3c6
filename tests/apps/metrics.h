// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace kiln::test {

// The lines of a metrics.jsonl; throws where one does not parse.
inline std::vector<nlohmann::json> read_metrics(const std::filesystem::path& path) {
  std::istringstream text(get_file(path));
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// Without what the clock says.
inline std::vector<nlohmann::json> read_untimed_metrics(const std::filesystem::path& path) {
  std::vector<nlohmann::json> lines = read_metrics(path);
  for (nlohmann::json& line : lines) {
    line.erase("images_per_second");
    line.erase("seconds");
  }
  return lines;
}

}  // namespace kiln::test
