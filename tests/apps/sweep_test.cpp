// SPDX-License-Identifier: MIT
// `sweep` as a stranger uses it, with a training program of a few lines of shell: its loss after E
// epochs is |lr - 0.01| + 1 / E.
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/apps/app_test.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kTrainer = R"(#!/bin/sh
echo "$@" >> calls.txt
while [ $# -gt 0 ]; do
  case "$1" in
    --lr) lr=$2; shift 2 ;;
    --epochs) epochs=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --fail) fail=$2; shift 2 ;;
    --wait) sleep "$2"; shift 2 ;;
    *) shift ;;
  esac
done
if [ "$fail" = yes ]; then echo "trainer: error: as you wish"; exit 1; fi
if [ "$fail" = silent ]; then exit 0; fi
awk "BEGIN { d = $lr - 0.01; if (d < 0) d = -d; printf \"{\\\"loss\\\":%.9f}\\n\", d + 1 / $epochs }" \
  >> "$out/metrics.jsonl"
)";

class SweepProgram : public AppTest {
 protected:
  void SetUp() override {
    put_file(folder_ / "trainer", kTrainer);
    fs::permissions(folder_ / "trainer", fs::perms::owner_all);
    put_space(space_);
  }

  void put_space(const json& space) { put_file(folder_ / "space.json", space.dump()); }

  Outcome run(const Arguments& more = {}, RunOptions options = {}) const {
    options.folder = folder_.path();
    Arguments all = {"--space", "space.json", "--out", "sweep"};
    all.insert(all.end(), more.begin(), more.end());
    return run_program(KILN_SWEEP, all, options);
  }

  // Of results.jsonl, without the times.
  std::vector<json> results() const {
    std::vector<json> lines;
    std::istringstream text(get_file(folder_ / "sweep/results.jsonl"));
    for (std::string line; std::getline(text, line);) {
      lines.push_back(json::parse(line));
      lines.back().erase("seconds");
    }
    return lines;
  }

  std::size_t num_calls() const {
    const std::string text = get_file(folder_ / "calls.txt");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  void expect_error(const std::string& text, const Arguments& more = {}, int exit_code = 1) {
    SCOPED_TRACE(text);
    const Snapshot before = snapshot(folder_.path());
    expect_refused(run(more), "sweep", exit_code, text);
    EXPECT_TRUE(snapshot(folder_.path()) == before) << "the folder is not as it was";
  }

  void expect_bad(const char* pointer, const json& value, const std::string& text) {
    json space = space_;
    space[json::json_pointer(pointer)] = value;
    put_space(space);
    expect_error("space.json: " + text);
  }

  const json space_ = {{"program", "./trainer"},
                       {"options", {{"--quiet", 1}}},
                       {"search", {{"--lr", {{"log_uniform", {1e-3, 1e-1}}}}}},
                       {"metric", "loss"},
                       {"goal", "min"},
                       {"budget", {{"option", "--epochs"}, {"least", 1}, {"most", 9}}}};
};

TEST_F(SweepProgram, HalvingTrainsTheBetterOnesOn) {
  const Outcome outcome = run({"--trials", "9"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<json> lines = results();
  ASSERT_EQ(lines.size(), 9u + 3u + 1u);
  // One in three goes on, those with the least loss.
  std::vector<std::pair<double, int>> ranking;
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(lines[i]["budget"], 1);
    ranking.emplace_back(lines[i]["value"], lines[i]["trial"]);
  }
  std::sort(ranking.begin(), ranking.end());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(lines[9 + i]["budget"], 3);
    EXPECT_EQ(lines[9 + i]["trial"], ranking[i].second);
  }
  EXPECT_EQ(lines[12]["budget"], 9);
  EXPECT_EQ(lines[12]["trial"], ranking[0].second);
  EXPECT_NE(outcome.out.find("Its files: sweep/trials/00" + std::to_string(ranking[0].second)),
            std::string::npos)
      << outcome.out;
  EXPECT_NE(get_file(folder_ / "calls.txt").find("--quiet 1 --lr"), std::string::npos);
}

TEST_F(SweepProgram, RandomGivesEachTrialTheMost) {
  ASSERT_EQ(run({"--trials", "4", "--strategy", "random"}).exit_code, 0);
  const std::vector<json> lines = results();
  ASSERT_EQ(lines.size(), 4u);
  std::set<std::string> rates;
  for (const json& line : lines) {
    EXPECT_EQ(line["budget"], 9);
    rates.insert(line["options"]["--lr"]);
    const double rate = std::stod(line["options"]["--lr"].get<std::string>());
    EXPECT_TRUE(1e-3 <= rate && rate <= 1e-1) << rate;
  }
  EXPECT_EQ(rates.size(), 4u);
}

TEST_F(SweepProgram, TheLargestValueIsBestWhereThatIsTheGoal) {
  json space = space_;
  space["goal"] = "max";
  put_space(space);
  ASSERT_EQ(run({"--trials", "3"}).exit_code, 0);
  const std::vector<json> lines = results();
  ASSERT_EQ(lines.size(), 5u);
  for (std::size_t i = 0; i < 3; ++i) {
    const double best = lines[static_cast<std::size_t>(lines[3]["trial"].get<int>() - 1)]["value"];
    EXPECT_GE(best, lines[i]["value"].get<double>());
  }
}

TEST_F(SweepProgram, EqualSeedsDrawEqualTrialsAndMoreTrialsKeepThem) {
  ASSERT_EQ(run({"--trials", "3", "--strategy", "random"}).exit_code, 0);
  const std::vector<json> first = results();
  fs::remove_all(folder_ / "sweep");
  ASSERT_EQ(run({"--trials", "5", "--strategy", "random"}).exit_code, 0);
  const std::vector<json> more = results();
  EXPECT_EQ(std::vector<json>(more.begin(), more.begin() + 3), first);
  fs::remove_all(folder_ / "sweep");
  ASSERT_EQ(run({"--trials", "3", "--strategy", "random", "--seed", "2"}).exit_code, 0);
  EXPECT_NE(results(), first);
}

TEST_F(SweepProgram, ResumeRunsOnlyWhatIsMissing) {
  ASSERT_EQ(run({"--trials", "2", "--strategy", "random"}).exit_code, 0);
  const std::vector<json> first = results();
  expect_error("--resume goes on with it", {"--trials", "4"});
  ASSERT_EQ(run({"--trials", "4", "--strategy", "random", "--resume"}).exit_code, 0);
  EXPECT_EQ(num_calls(), 4u);
  const std::vector<json> all = results();
  EXPECT_EQ(std::vector<json>(all.begin(), all.begin() + 2), first);
  expect_error("line 1 is of another space or seed", {"--resume", "--seed", "9"});
  put_file(folder_ / "sweep/results.jsonl", "nonsense\n");
  expect_error("line 1 is not a trial's result", {"--resume"});
}

TEST_F(SweepProgram, ResumeRefusesAnotherSpace) {
  ASSERT_EQ(run({"--trials", "2"}).exit_code, 0);
  for (const auto& [key, value] :
       {std::pair("metric", json("d_loss")), std::pair("goal", json("max")),
        std::pair("options", json{{"--quiet", 2}}), std::pair("evaluate", json{{"--n", 1000}})}) {
    json space = space_;
    space[key] = value;
    put_space(space);
    expect_error("settings.json: these trials are of another space, whose '" + std::string(key) +
                     "' differs",
                 {"--resume"});
  }
  json space = space_;
  space["budget"]["most"] = 27;
  put_space(space);
  EXPECT_EQ(run({"--trials", "2", "--resume"}).exit_code, 0);
}

TEST_F(SweepProgram, ResumePassesOverALineThatWasCutShort) {
  ASSERT_EQ(run({"--trials", "3", "--strategy", "random"}).exit_code, 0);
  const std::vector<json> whole = results();
  const std::string text = get_file(folder_ / "sweep/results.jsonl");
  put_file(folder_ / "sweep/results.jsonl", std::string_view(text).substr(0, text.size() - 10));
  ASSERT_EQ(run({"--trials", "3", "--strategy", "random", "--resume"}).exit_code, 0);
  EXPECT_EQ(results().size(), whole.size());
  EXPECT_EQ(num_calls(), 4u);
}

TEST_F(SweepProgram, AFailedTrialIsRecordedAndTheOthersGoOn) {
  json space = space_;
  space["search"]["--fail"] = {{"choice", {"yes", "no"}}};
  put_space(space);
  const Outcome outcome = run({"--trials", "8", "--strategy", "random"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::size_t failed = 0;
  for (const json& line : results()) {
    const bool fails = line["options"]["--fail"] == "yes";
    EXPECT_EQ(line.contains("value"), !fails);
    EXPECT_EQ(line.value("error", ""), fails ? "exit code 1: trainer: error: as you wish" : "");
    failed += fails ? 1 : 0;
  }
  EXPECT_TRUE(0 < failed && failed < 8) << failed;
}

TEST_F(SweepProgram, SaysSoWhenEveryTrialFails) {
  json space = space_;
  space["options"]["--fail"] = "yes";
  put_space(space);
  expect_refused(run({"--trials", "2"}), "sweep", 1, "every trial failed; the first: exit code 1");
  space["options"]["--fail"] = "silent";
  put_space(space);
  fs::remove_all(folder_ / "sweep");
  expect_refused(run({"--trials", "2"}), "sweep", 1, "metrics.jsonl: cannot open");
}

TEST_F(SweepProgram, StopsWithItsTrialAndGoesOn) {
  json space = space_;
  space["search"]["--wait"] = {{"choice", {"0.2"}}};
  put_space(space);
  RunOptions options;
  options.signal = SIGTERM;
  options.signal_after = "trial 1 ";
  const Outcome stopped = run({"--trials", "3"}, options);
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_NE(stopped.out.find("the same command with --resume"), std::string::npos);
  EXPECT_LT(results().size(), 3u);
  ASSERT_EQ(run({"--trials", "3", "--resume"}).exit_code, 0);
  EXPECT_EQ(results().size(), 5u);
}

TEST_F(SweepProgram, TrainsARealProgram) {
  make_data();
  put_space(
      {{"program", "mnist_vae"},
       {"options", {{"--data", "data"}, {"--batch", 50}, {"--threads", 1}}},
       {"search", {{"--lr", {{"choice", {1e-3, 1e-5}}}}, {"--beta", {{"uniform", {0.5, 1}}}}}},
       {"metric", "test_loss"},
       {"goal", "min"},
       {"budget", {{"option", "--epochs"}, {"least", 1}, {"most", 2}}}});
  const Outcome outcome = run({"--trials", "3", "--eta", "2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(results().size(), 5u) << outcome.out;
  for (const json& line : results()) EXPECT_GT(line["value"].get<double>(), 0);
}

TEST_F(SweepProgram, TrueGivesAFlagAndFalseLeavesItOut) {
  json space = space_;
  space["options"] = {{"--fixed", true}, {"--absent", false}, {"--text", "false"}};
  space["search"]["--maybe"] = {{"choice", {true, false}}};
  put_space(space);
  ASSERT_EQ(run({"--trials", "8", "--strategy", "random"}).exit_code, 0);
  std::set<std::string> flags;
  std::istringstream calls(get_file(folder_ / "calls.txt"));
  for (std::string call; std::getline(calls, call);) {
    EXPECT_TRUE(call.starts_with("--fixed --text false --")) << call;
    EXPECT_EQ(call.find("absent"), std::string::npos) << call;
    flags.insert(call.find("--maybe --") != std::string::npos ? "given" : "left out");
    EXPECT_EQ(call.find('('), std::string::npos) << call;
  }
  EXPECT_EQ(flags.size(), 2u);
}

TEST_F(SweepProgram, BadSpaces) {
  expect_bad("/unknown", 1, "the file has 'unknown', which is unknown");
  expect_bad("/program", 3, "'program' is not a text");
  expect_bad("/search", json::object(), "'search' is empty");
  expect_bad("/search/--lr", {{"normal", {0, 1}}}, "--lr wants one of");
  expect_bad("/search/--lr", {{"log_uniform", {0, 1}}}, "--lr: log_uniform wants numbers above 0");
  expect_bad("/search/--lr", {{"uniform", {2, 1}}}, "--lr: the first number is above the second");
  expect_bad("/search/--lr", {{"integer", {0.5, 2}}}, "--lr: integer wants whole numbers");
  expect_bad("/search/--lr", {{"choice", json::array()}}, "--lr wants a list");
  expect_bad("/options/--quiet", nullptr, "--quiet is neither a text, a number, true nor false");
  expect_bad("/search/lr", {{"choice", {1}}}, "'lr' is not an option");
  expect_bad("/options/--lr", 1, "'--lr' is given twice");
  expect_bad("/options/--out", "x", "'--out' is sweep's to give");
  expect_bad("/goal", "least", "'goal' is neither min nor max");
  expect_bad("/budget/least", 0, "'least' is not a whole number of at least 1");
  expect_bad("/budget/least", 10, "'least' is above 'most'");
  put_file(folder_ / "space.json", "{");
  expect_error("space.json: is not JSON");
  json space = space_;
  space.erase("metric");
  put_space(space);
  expect_error("space.json: 'metric' is missing");
  space = space_;
  space["program"] = "./absent";
  put_space(space);
  expect_error("./absent: there is no such program");
}

TEST_F(SweepProgram, HelpAndUsage) {
  EXPECT_NE(run({"--help"}).out.find("--strategy"), std::string::npos);
  EXPECT_TRUE(run({"--version"}).out.starts_with("sweep "));
  expect_error("is not a whole number", {"--trials", "0"}, 2);
  expect_error("--strategy", {"--strategy", "grid"}, 2);
}

}  // namespace
}  // namespace kiln::test
