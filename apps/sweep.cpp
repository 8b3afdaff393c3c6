// SPDX-License-Identifier: MIT
// Searches for good options of a training program: at random, or by successive halving (Jamieson
// and Talwalkar 2016), in which all trials train a little and the better ones go on.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "apps/interrupt.h"
#include "apps/sweep_space.h"
#include "apps/sweep_trials.h"
#include "kernels/error.h"

namespace {

using namespace kiln;
using apps::not_empty, apps::whole_number, apps::TrialResult;

struct Options {
  std::filesystem::path space;
  std::filesystem::path out = "out/sweep";
  std::string strategy = "halving";
  std::int64_t trials = 16;
  std::int64_t eta = 3;
  std::uint64_t seed = 1;
  bool resume = false;
};

void add_options(CLI::App& app, Options& options) {
  apps::take_last_option(app);
  app.add_option("--space", options.space, "JSON: what to search (docs/sweep.md)")
      ->check(not_empty())
      ->required();
  app.add_option("--out", options.out, "Folder for results.jsonl and trials/")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--strategy", options.strategy,
                 "halving: all trials get the least budget, the best of them more; random: all get "
                 "the most")
      ->check(CLI::IsMember({"halving", "random"}).description(""))
      ->capture_default_str();
  app.add_option("--trials", options.trials, "How many to draw")
      ->check(whole_number(1, 100000))
      ->capture_default_str();
  app.add_option("--eta", options.eta,
                 "Of halving: one in so many goes on, with so many times the budget")
      ->check(whole_number(2, 1000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Equal seeds draw equal trials")
      ->check(whole_number(0, apps::kMaxSeed))
      ->capture_default_str();
  app.add_flag("--resume", options.resume, "Go on with the sweep in --out; results stay");
  app.set_version_flag("--version", "sweep " KILN_VERSION);
}

std::string description(const apps::OptionValues& options) {
  std::string text;
  for (const auto& [option, value] : options) text += fmt::format("  {} {}", option, value);
  return text;
}

std::string outcome(const TrialResult& result) {
  return result.value ? fmt::format("{:.6g}", *result.value) : "failed: " + printable(result.error);
}

// Results of these trials at one budget, the best first; fewer where the program was asked to stop.
std::vector<TrialResult> run_all(apps::SweepTrials& trials, const apps::SweepSpace& space,
                                 const std::vector<std::int64_t>& numbers, std::int64_t budget) {
  std::vector<TrialResult> results;
  for (const std::int64_t number : numbers) {
    const std::optional<TrialResult> result = trials.run(number, budget);
    if (!result) return results;
    apps::print(fmt::format("{} {}  trial {} ({} of {}){}  {} {}\n", space.budget_option, budget,
                            number, results.size() + 1, numbers.size(),
                            description(result->options), space.metric, outcome(*result)));
    results.push_back(*result);
  }
  std::stable_sort(results.begin(), results.end(), [&](const TrialResult& a, const TrialResult& b) {
    return trials.is_better(a, b);
  });
  return results;
}

void print_table(const std::vector<TrialResult>& results, const apps::SweepSpace& space) {
  constexpr std::size_t kMostRows = 10;
  apps::print(fmt::format("\nThe best, {} {}:\n", space.budget_option, results[0].budget));
  for (std::size_t i = 0; i < std::min(results.size(), kMostRows); ++i) {
    const TrialResult& result = results[i];
    apps::print(fmt::format("{:>4}. trial {:<4} {} {:<12} {:>7.1f} s{}\n", i + 1, result.trial,
                            space.metric, outcome(result), result.seconds,
                            description(result.options)));
  }
}

int sweep(const Options& options) {
  const apps::SweepSpace space = apps::SweepSpace::read(options.space);
  apps::watch_for_interrupt();
  apps::SweepTrials trials(space, options.out, options.seed, options.resume);
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 1; i <= options.trials; ++i) numbers.push_back(i);

  std::int64_t budget = options.strategy == "random" ? space.most_budget : space.least_budget;
  for (;;) {
    const std::vector<TrialResult> results = run_all(trials, space, numbers, budget);
    if (results.size() < numbers.size()) {
      apps::print(fmt::format("Stopped. To go on: the same command with --resume\n"));
      return 130;
    }
    if (!results[0].value) throw Error("every trial failed; the first: " + results[0].error);
    if (budget == space.most_budget) {
      print_table(results, space);
      apps::print(fmt::format("\nIts files: {}\n", trials.folder_of(results[0].trial).string()));
      return 0;
    }
    const auto survivors =
        static_cast<std::size_t>((options.eta - 1 + std::ssize(numbers)) / options.eta);
    numbers.clear();
    for (std::size_t i = 0; i < survivors && results[i].value; ++i) {
      numbers.push_back(results[i].trial);
    }
    budget = budget > space.most_budget / options.eta ? space.most_budget : budget * options.eta;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Searches for good options of a training program.", "sweep");
  Options options;
  add_options(app, options);
  return apps::run(app, argc, argv, [&] { return sweep(options); });
}
