// SPDX-License-Identifier: MIT
// What `sweep` searches: a training program, the options that stay, those that are drawn, what
// makes a trial a good one, and how long it may train. Read from a JSON file:
//
//   {"program": "mnist_vae",
//    "options": {"--conditional": true, "--lr-schedule": "step"},
//    "search": {"--lr": {"log_uniform": [3e-4, 1e-2]}, "--beta": {"uniform": [0.5, 1.5]},
//               "--batch": {"choice": [64, 128, 256]}, "--lr-step": {"integer": [5, 20]}},
//    "metric": "test_loss", "goal": "min",
//    "budget": {"option": "--epochs", "least": 1, "most": 9}}
//
// With "evaluate": {"--n": 2000} each trial's generator is scored by `evaluate` with these options,
// and the metric is one of its numbers: "samples.frechet_distance".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::apps {

// Option and value, in the order of the file. A flag has one of two values: it is given, or not.
using OptionValues = std::vector<std::pair<std::string, std::string>>;
inline constexpr const char* kFlag = "(given)";
inline constexpr const char* kNoFlag = "(left out)";

struct SearchedOption {
  enum class Kind { uniform, log_uniform, integer, choice };
  std::string option;
  Kind kind = Kind::choice;
  double low = 0, high = 0;          // of all kinds but choice
  std::vector<std::string> choices;  // of choice

  // For u in [0, 1).
  std::string value_at(double u) const;
};

struct SweepSpace {
  std::string program;
  OptionValues options;
  std::vector<SearchedOption> search;
  std::string metric;
  bool larger_is_better = false;
  std::string budget_option;
  std::int64_t least_budget = 1, most_budget = 1;
  std::optional<OptionValues> evaluate;
  std::string settings;  // as JSON: what a result depends on beside the searched options

  // Errors name the file and what is wrong in it.
  static SweepSpace read(const std::filesystem::path& path);
  // The searched options of trial `trial`, which depend on it and the seed alone.
  OptionValues draw(std::uint64_t seed, std::int64_t trial) const;
};

}  // namespace kiln::apps
