// SPDX-License-Identifier: MIT
#include "apps/sweep_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/io/shallow_json.h"
#include "engine/rng.h"
#include "kernels/error.h"

namespace kiln::apps {
namespace {

using Json = nlohmann::ordered_json;

void expect_object(const Json& json, const std::string& what) {
  if (!json.is_object()) throw Error(what + " is not an object {...}");
}

void expect_keys(const Json& json, const std::string& what, const std::set<std::string>& known) {
  expect_object(json, what);
  for (const auto& [key, value] : json.items()) {
    if (!known.contains(key)) throw Error(fmt::format("{} has '{}', which is unknown", what, key));
  }
}

const Json& member(const Json& json, const std::string& key) {
  if (!json.contains(key)) throw Error(fmt::format("'{}' is missing", key));
  return json[key];
}

std::string text_of(const Json& json, const std::string& what) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_number()) return json.dump();
  if (json.is_boolean()) return json.get<bool>() ? kFlag : kNoFlag;
  throw Error(what + " is neither a text, a number, true nor false");
}

std::string word(const Json& json, const std::string& key) {
  const Json& value = member(json, key);
  if (!value.is_string() || value.get<std::string>().empty()) {
    throw Error(fmt::format("'{}' is not a text", key));
  }
  return value.get<std::string>();
}

void expect_option(const std::string& option) {
  if (!option.starts_with("--") || option.size() < 3) {
    throw Error(fmt::format("'{}' is not an option: it does not begin with --", option));
  }
  if (option == "--out" || option == "--resume") {
    throw Error(fmt::format("'{}' is sweep's to give", option));
  }
}

OptionValues option_values(const Json& json, const std::string& what) {
  expect_object(json, what);
  OptionValues values;
  for (const auto& [option, value] : json.items()) {
    expect_option(option);
    values.emplace_back(option, text_of(value, option));
  }
  return values;
}

SearchedOption searched_option(const std::string& option, const Json& json) {
  using Kind = SearchedOption::Kind;
  static const std::map<std::string, Kind> kKinds = {{"uniform", Kind::uniform},
                                                     {"log_uniform", Kind::log_uniform},
                                                     {"integer", Kind::integer},
                                                     {"choice", Kind::choice}};
  expect_option(option);
  if (!json.is_object() || json.size() != 1 || !kKinds.contains(json.begin().key())) {
    throw Error(option + " wants one of uniform, log_uniform, integer and choice");
  }
  SearchedOption result;
  result.option = option;
  result.kind = kKinds.at(json.begin().key());
  const Json& values = json.begin().value();
  if (!values.is_array() || values.empty()) throw Error(option + " wants a list [...]");
  if (result.kind == Kind::choice) {
    for (const Json& value : values) result.choices.push_back(text_of(value, option));
    return result;
  }
  if (values.size() != 2 || !values[0].is_number() || !values[1].is_number()) {
    throw Error(option + " wants two numbers, the least and the largest");
  }
  result.low = values[0].get<double>();
  result.high = values[1].get<double>();
  if (!(result.low <= result.high)) throw Error(option + ": the first number is above the second");
  if (result.kind == Kind::log_uniform && result.low <= 0) {
    throw Error(option + ": log_uniform wants numbers above 0");
  }
  const double range =
      result.kind == Kind::log_uniform ? result.high / result.low : result.high - result.low;
  if (!std::isfinite(range)) throw Error(option + ": the numbers are too far apart");
  const bool whole = std::floor(result.low) == result.low && std::floor(result.high) == result.high;
  if (result.kind == Kind::integer && (!whole || std::max(-result.low, result.high) > 1e15)) {
    throw Error(option + ": integer wants whole numbers");
  }
  return result;
}

void read_budget(const Json& json, SweepSpace& space) {
  expect_keys(json, "'budget'", {"option", "least", "most"});
  space.budget_option = word(json, "option");
  expect_option(space.budget_option);
  for (const auto& [key, out] :
       {std::pair("least", &space.least_budget), std::pair("most", &space.most_budget)}) {
    const Json& value = member(json, key);
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1) {
      throw Error(fmt::format("'{}' is not a whole number of at least 1", key));
    }
    *out = value.get<std::int64_t>();
  }
  if (space.least_budget > space.most_budget) throw Error("'least' is above 'most'");
}

void expect_each_option_once(const SweepSpace& space) {
  std::set<std::string> seen = {space.budget_option};
  const auto add = [&](const std::string& option) {
    if (!seen.insert(option).second) throw Error(fmt::format("'{}' is given twice", option));
  };
  for (const auto& [option, value] : space.options) add(option);
  for (const SearchedOption& searched : space.search) add(searched.option);
}

SweepSpace space_of(const Json& json) {
  expect_keys(json, "the file",
              {"program", "options", "search", "metric", "goal", "budget", "evaluate"});
  SweepSpace space;
  space.program = word(json, "program");
  if (json.contains("options")) space.options = option_values(json["options"], "'options'");
  const Json& search = member(json, "search");
  expect_object(search, "'search'");
  if (search.empty()) throw Error("'search' is empty");
  for (const auto& [option, values] : search.items()) {
    space.search.push_back(searched_option(option, values));
  }
  space.metric = word(json, "metric");
  const std::string goal = word(json, "goal");
  if (goal != "min" && goal != "max") throw Error("'goal' is neither min nor max");
  space.larger_is_better = goal == "max";
  read_budget(member(json, "budget"), space);
  if (json.contains("evaluate")) space.evaluate = option_values(json["evaluate"], "'evaluate'");
  expect_each_option_once(space);
  Json settings = json;
  settings.erase("search");
  settings.erase("budget");
  space.settings = settings.dump();
  return space;
}

}  // namespace

std::string SearchedOption::value_at(double u) const {
  switch (kind) {
    case Kind::uniform:
      return fmt::format("{:.6g}", low + u * (high - low));
    case Kind::log_uniform:
      return fmt::format("{:.6g}", low * std::exp(u * std::log(high / low)));
    case Kind::integer:
      return fmt::format("{:.0f}", std::min(low + std::floor(u * (high - low + 1)), high));
    case Kind::choice:
      break;
  }
  return choices[static_cast<std::size_t>(u * static_cast<double>(choices.size()))];
}

SweepSpace SweepSpace::read(const std::filesystem::path& path) {
  constexpr std::size_t kMostBytes = 1 << 20;
  const std::vector<std::uint8_t> bytes = read_file(path, kMostBytes);
  try {
    return space_of(
        parse_shallow_json<Json>({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  } catch (const nlohmann::json::exception&) {
    throw Error(printable(path) + ": is not JSON");
  } catch (const Error& error) {
    throw Error(printable(path) + ": " + printable(error.what(), 300));
  }
}

OptionValues SweepSpace::draw(std::uint64_t seed, std::int64_t trial) const {
  OptionValues values;
  const std::uint64_t of_trial = derive_seed(seed, static_cast<std::uint64_t>(trial));
  for (std::size_t i = 0; i < search.size(); ++i) {
    const double u = static_cast<double>(derive_seed(of_trial, i) >> 11) * 0x1p-53;
    values.emplace_back(search[i].option, search[i].value_at(u));
  }
  return values;
}

}  // namespace kiln::apps
