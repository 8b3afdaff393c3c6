// SPDX-License-Identifier: MIT
#include "apps/sweep_trials.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <sstream>
#include <system_error>

#include "apps/child_process.h"
#include "apps/interrupt.h"
#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln::apps {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostLogBytes = std::size_t{1} << 28;

// A name with a slash is a path; others lie beside this program.
fs::path find_program(const std::string& name) {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  fs::path path = name.find('/') != std::string::npos ? fs::path(name) : here / name;
  if (::access(path.c_str(), X_OK) != 0 || fs::is_directory(path, error)) {
    throw Error(fmt::format("{}: there is no such program", printable(path)));
  }
  return path;
}

std::string text_file(const fs::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path, kMostLogBytes);
  return {bytes.begin(), bytes.end()};
}

// The last line that says something, which is where programs leave their error.
std::string last_line(const fs::path& path) {
  std::istringstream text(text_file(path));
  std::string last;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// The number at "a.b" in nested objects, or none.
std::optional<double> number_at(const Json& json, const std::string& path) {
  const std::size_t dot = path.find('.');
  const std::string key = path.substr(0, dot);
  if (!json.is_object() || !json.contains(key)) return std::nullopt;
  const Json& value = json[key];
  if (dot != std::string::npos) return number_at(value, path.substr(dot + 1));
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

double finite(std::optional<double> value, const fs::path& file, const std::string& metric) {
  if (!value) throw Error(fmt::format("{} has no number '{}'", printable(file), metric));
  if (!std::isfinite(*value)) throw Error(fmt::format("'{}' is not finite", metric));
  return *value;
}

Json json_of(const TrialResult& result) {
  Json json = {{"trial", result.trial}, {"budget", result.budget}};
  json["options"] = Json::object();
  for (const auto& [option, value] : result.options) json["options"][option] = value;
  if (result.value) {
    json["value"] = *result.value;
  } else {
    json["error"] = result.error;
  }
  json["seconds"] = result.seconds;
  return json;
}

TrialResult result_of(const Json& json) {
  TrialResult result;
  result.trial = json.at("trial").get<std::int64_t>();
  result.budget = json.at("budget").get<std::int64_t>();
  for (const auto& [option, value] : json.at("options").items()) {
    result.options.emplace_back(option, value.get<std::string>());
  }
  if (json.contains("value")) result.value = json["value"].get<double>();
  result.error = json.value("error", "");
  result.seconds = json.at("seconds").get<double>();
  return result;
}

std::vector<std::string> words_of(const OptionValues& options) {
  std::vector<std::string> words;
  for (const auto& [option, value] : options) {
    if (value == kNoFlag) continue;
    words.push_back(option);
    if (value != kFlag) words.push_back(value);
  }
  return words;
}

}  // namespace

SweepTrials::SweepTrials(const SweepSpace& space, fs::path out, std::uint64_t seed, bool resume)
    : space_(space), out_(std::move(out)), seed_(seed), program_(find_program(space.program)) {
  if (space.evaluate) evaluate_ = find_program("evaluate");
  const fs::path path = out_ / "results.jsonl", settings = out_ / "settings.json";
  std::error_code error;
  std::uint64_t kept = 0;
  if (fs::exists(path, error)) {
    if (!resume) {
      throw Error(fmt::format(
          "{}: a sweep has been here: --resume goes on with it, --out names another folder",
          printable(out_)));
    }
    if (fs::exists(settings, error)) require_same_settings(settings);
    kept = read_results(path);
  }
  fs::create_directories(out_ / "trials", error);
  if (error) {
    throw Error(fmt::format("{}: cannot create the folder: {}", printable(out_), error.message()));
  }
  write_file_atomically(settings, {reinterpret_cast<const std::uint8_t*>(space.settings.data()),
                                   space.settings.size()});
  results_ = std::make_unique<AppendFile>(path, kept);
}

void SweepTrials::require_same_settings(const fs::path& path) const {
  const Json ours = Json::parse(space_.settings),
             theirs = Json::parse(text_file(path), nullptr, false);
  if (!theirs.is_object()) throw Error(fmt::format("{}: is not a sweep's", printable(path)));
  for (const char* key : {"program", "options", "metric", "goal", "evaluate"}) {
    if (ours.value(key, Json()) == theirs.value(key, Json())) continue;
    throw Error(fmt::format("{}: these trials are of another space, whose '{}' differs",
                            printable(path), key));
  }
}

std::uint64_t SweepTrials::read_results(const fs::path& path) {
  std::string text = text_file(path);
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0
  std::istringstream lines(text);
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    try {
      known_.push_back(result_of(Json::parse(line)));
    } catch (const nlohmann::json::exception&) {
      throw Error(fmt::format("{}: line {} is not a trial's result", printable(path), number));
    }
    const TrialResult& last = known_.back();
    if (last.options != space_.draw(seed_, last.trial)) {
      throw Error(fmt::format("{}: line {} is of another space or seed", printable(path), number));
    }
  }
  return text.size();
}

fs::path SweepTrials::folder_of(std::int64_t trial) const {
  return out_ / "trials" / fmt::format("{:03d}", trial);
}

bool SweepTrials::is_better(const TrialResult& a, const TrialResult& b) const {
  if (!a.value || !b.value) return a.value.has_value() && !b.value;
  return space_.larger_is_better ? *a.value > *b.value : *a.value < *b.value;
}

std::optional<TrialResult> SweepTrials::run(std::int64_t trial, std::int64_t budget) {
  for (const TrialResult& result : known_) {
    if (result.trial == trial && result.budget == budget && result.value) return result;
  }
  if (interrupted()) return std::nullopt;
  TrialResult result;
  result.trial = trial;
  result.budget = budget;
  result.options = space_.draw(seed_, trial);
  const fs::path folder = folder_of(trial);
  fs::create_directories(folder);
  const fs::path log = folder / "log.txt";
  std::vector<std::string> arguments = words_of(space_.options);
  for (const std::string& word : words_of(result.options)) arguments.push_back(word);
  for (const std::string& word : {space_.budget_option, std::to_string(budget),
                                  std::string("--out"), folder.string(), std::string("--resume")}) {
    arguments.push_back(word);
  }
  const auto begin = std::chrono::steady_clock::now();
  const int exit_code = run_child(program_, arguments, log);
  if (interrupted()) return std::nullopt;
  try {
    if (exit_code != 0) throw Error(fmt::format("exit code {}: {}", exit_code, last_line(log)));
    result.value = measure(trial);
  } catch (const Error& error) {
    result.error = error.what();
  }
  if (interrupted()) return std::nullopt;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  result.seconds = seconds.count();
  results_->append(json_of(result).dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
  return result;
}

double SweepTrials::measure(std::int64_t trial) const {
  const fs::path folder = folder_of(trial);
  return space_.evaluate ? score(folder) : last_metric(folder / "metrics.jsonl");
}

double SweepTrials::last_metric(const fs::path& log) const {
  std::istringstream lines(text_file(log));
  std::optional<double> last;
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (const std::optional<double> value = number_at(json, space_.metric)) last = value;
  }
  return finite(last, log, space_.metric);
}

double SweepTrials::score(const fs::path& folder) const {
  const fs::path file = folder / "scores.json", log = folder / "log.txt";
  fs::path model = folder / "generator.safetensors";
  std::error_code ignored;
  if (!fs::exists(model, ignored)) model = folder / "decoder.safetensors";  // of a VAE
  std::vector<std::string> arguments = words_of(*space_.evaluate);
  for (const std::string& word :
       {std::string("--model"), model.string(), std::string("--json"), file.string()}) {
    arguments.push_back(word);
  }
  const int exit_code = run_child(evaluate_, arguments, log);
  if (exit_code != 0)
    throw Error(fmt::format("evaluate: exit code {}: {}", exit_code, last_line(log)));
  return finite(number_at(Json::parse(text_file(file), nullptr, false), space_.metric), file,
                space_.metric);
}

}  // namespace kiln::apps
