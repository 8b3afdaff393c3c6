// SPDX-License-Identifier: MIT
#include "apps/checkpoints.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "apps/numbered_name.h"
#include "engine/io/printable.h"
#include "engine/io/shallow_json.h"
#include "kernels/error.h"

namespace kiln::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheckpointPrefix = "step_";
constexpr std::string_view kCheckpointSuffix = ".safetensors";

bool is_checkpoint(std::string_view name) {
  return is_numbered_name(name, kCheckpointPrefix, 9, kCheckpointSuffix);
}

// Longer numbers are larger ones.
bool is_newer(const fs::path& a, const fs::path& b) {
  const std::string left = a.filename().string(), right = b.filename().string();
  return std::pair(left.size(), left) > std::pair(right.size(), right);
}

void remove_quietly(const fs::path& path) noexcept {
  std::error_code ignored;
  fs::remove(path, ignored);
}

// Null where the text is no JSON.
nlohmann::json run_of(const std::string& text) {
  try {
    return parse_shallow_json<nlohmann::json>(text);
  } catch (const std::exception&) {
    return nullptr;
  }
}

// Of a checkpoint at `path`.
void require_same_run(const fs::path& path, const std::string& run, const std::string& other) {
  using nlohmann::json;
  const json ours = json::parse(run), theirs = run_of(other);
  const auto text_of = [](const json& object, const std::string& key) {
    const auto found = object.find(key);
    return found == object.end() ? "" : found->is_string() ? found->get<std::string>() : "?";
  };
  if (!theirs.is_object()) {
    throw Error(printable(path) + ": does not say what run it belongs to");
  }
  if (text_of(ours, "program") != text_of(theirs, "program")) {
    throw Error(fmt::format("{}: is of {}, not of {}", printable(path),
                            printable(text_of(theirs, "program"), 100), text_of(ours, "program")));
  }
  for (const json& object : {ours, theirs}) {
    for (const auto& [key, value] : object.items()) {
      const std::string here = text_of(ours, key), there = text_of(theirs, key);
      if (here == there) continue;
      throw Error(fmt::format("{}: was made with {} '{}', not '{}'", printable(path),
                              printable(key, 100), printable(there, 100), printable(here, 100)));
    }
  }
}

}  // namespace

Checkpoints::Checkpoints(fs::path folder, std::int64_t keep)
    : folder_(std::move(folder)), keep_(static_cast<std::size_t>(keep)) {}

std::vector<fs::path> Checkpoints::newest_first() const {
  std::vector<fs::path> found;
  std::error_code end;
  for (fs::directory_iterator entry(folder_, end); !end && entry != fs::directory_iterator();
       entry.increment(end)) {
    if (is_checkpoint(entry->path().filename().native())) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end(), is_newer);
  return found;
}

fs::path Checkpoints::newest() const {
  const std::vector<fs::path> found = newest_first();
  return found.empty() ? fs::path() : found.front();
}

void Checkpoints::write(std::int64_t step, const std::string& run,
                        const StateSnapshot& state) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    throw Error(fmt::format("{}: cannot make the folder: {}", printable(folder_), error.message()));
  }
  state.save(folder_ / fmt::format("{}{:09}{}", kCheckpointPrefix, step, kCheckpointSuffix), run);
  const std::vector<fs::path> all = newest_first();
  for (std::size_t i = keep_; i < all.size(); ++i) remove_quietly(all[i]);
}

fs::path Checkpoints::restore_newest(const std::string& run, const VisitState& visit_state,
                                     const std::function<void(const std::string&)>& warn) const {
  std::string fault;
  for (const fs::path& path : newest_first()) {
    std::optional<StateFile> file;
    try {
      file.emplace(path);
    } catch (const Error& error) {
      if (fault.empty()) fault = error.what();
      continue;
    }
    if (!fault.empty()) warn(fault + "; an older checkpoint takes its place");
    require_same_run(path, run, file->description());
    file->restore(visit_state);
    return path;
  }
  if (!fault.empty()) throw Error(fault);
  return {};
}

void Checkpoints::remove_all() const noexcept {
  try {
    for (const fs::path& file : newest_first()) remove_quietly(file);
    if (fs::is_directory(folder_)) remove_quietly(folder_);  // if nothing else is in it
  } catch (const std::exception&) {                          // no memory for names
    return;
  }
}

}  // namespace kiln::apps
