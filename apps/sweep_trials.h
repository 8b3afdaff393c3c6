// SPDX-License-Identifier: MIT
// The trials of a sweep: trainings of one program with options that are drawn, each in a folder of
// its own. What was measured is a line of results.jsonl at once, so that a sweep that was stopped
// goes on where it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/sweep_space.h"
#include "engine/io/append_file.h"

namespace kiln::apps {

// A trial trained up to a budget.
struct TrialResult {
  std::int64_t trial = 0;  // counted from 1
  std::int64_t budget = 0;
  OptionValues options;
  std::optional<double> value;  // none where it failed
  std::string error;            // then
  double seconds = 0;
};

class SweepTrials {
 public:
  // `out` is made if it is not there. Errors: without `resume`, an `out` with results; with it,
  // results of another space, seed or program; a program that is not there.
  SweepTrials(const SweepSpace& space, std::filesystem::path out, std::uint64_t seed, bool resume);

  // Trains to the budget, going on from what the trial has trained before, unless that result is
  // there already and no failure. None when this program was asked to stop.
  std::optional<TrialResult> run(std::int64_t trial, std::int64_t budget);

  std::filesystem::path folder_of(std::int64_t trial) const;
  bool is_better(const TrialResult& a, const TrialResult& b) const;

 private:
  // The size of the lines that are whole: a sweep may have been killed while it wrote one.
  std::uint64_t read_results(const std::filesystem::path& path);
  void require_same_settings(const std::filesystem::path& path) const;
  // What the metric is after a training; Errors say why there is none.
  double measure(std::int64_t trial) const;
  double last_metric(const std::filesystem::path& log) const;
  double score(const std::filesystem::path& folder) const;

  const SweepSpace& space_;
  std::filesystem::path out_;
  std::uint64_t seed_;
  std::filesystem::path program_;
  std::filesystem::path evaluate_;
  std::vector<TrialResult> known_;
  std::unique_ptr<AppendFile> results_;
};

}  // namespace kiln::apps
