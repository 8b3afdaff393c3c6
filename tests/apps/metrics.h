// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/apps/app_test.h"
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

// Two runs have left the same files, but for what the clock says.
inline void expect_same_run(const std::filesystem::path& a, const std::filesystem::path& b) {
  Snapshot left = snapshot(a), right = snapshot(b);
  EXPECT_EQ(names(left), names(right));
  EXPECT_EQ(read_untimed_metrics(a / "metrics.jsonl"), read_untimed_metrics(b / "metrics.jsonl"));
  left.erase("metrics.jsonl");
  right.erase("metrics.jsonl");
  for (const auto& [name, content] : left) EXPECT_TRUE(right[name] == content) << name;
}

}  // namespace kiln::test
