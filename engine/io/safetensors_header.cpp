// SPDX-License-Identifier: MIT
#include "engine/io/safetensors_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "engine/io/checked_size.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_shown_name = 100;
constexpr std::size_t max_rank = 64;  // PyTorch's and NumPy's own limit

// Receives the header's JSON piece by piece. The path of keys says where a value belongs:
// {"__metadata__", key} or {tensor, field}.
class HeaderHandler : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderHandler(std::string file) : file_(std::move(file)) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() override {
    // The reference reads a null __metadata__ as none.
    return depth_ == 1 && field_ == Field::metadata ? true : other_value();
  }
  bool boolean(bool) override { return other_value(); }
  bool number_integer(number_integer_t) override { return other_value(); }
  bool number_float(number_float_t, const string_t&) override { return other_value(); }
  bool binary(binary_t&) override { return other_value(); }

  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ != 3 || !in_array_ || field_ == Field::unknown) return other_value();
    if (numbers_.size() == max_rank) wrong_value();
    numbers_.push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ == 2 && field_ == Field::metadata) {
      if (!header_.metadata.emplace(key_, std::move(value)).second) {
        fail(fmt::format("__metadata__ has '{}' twice", printable(key_, max_shown_name)));
      }
      return true;
    }
    if (depth_ != 2 || field_ != Field::dtype) return other_value();
    entry_.dtype = std::move(value);
    return true;
  }

  bool start_object(std::size_t) override {
    if (depth_ >= 2 && field_ != Field::unknown) wrong_value();
    enter();
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ == 1) return top_level_key(name);
    if (depth_ > 2) return true;
    if (in_metadata_) {
      key_ = std::move(name);
      return true;
    }
    static constexpr std::array<std::pair<std::string_view, Field>, 3> fields{
        {{"dtype", Field::dtype}, {"shape", Field::shape}, {"data_offsets", Field::offsets}}};
    const auto* found =
        std::find_if(fields.begin(), fields.end(), [&](auto& f) { return f.first == name; });
    field_ = found == fields.end() ? Field::unknown : found->second;
    if (field_ == Field::unknown) return true;
    if (!seen_fields_.insert(field_).second) fail_tensor(fmt::format("has {} twice", name));
    return true;
  }

  bool end_object() override {
    --depth_;
    if (depth_ == 1 && !in_metadata_) finish_tensor();
    if (depth_ == 1) in_metadata_ = false;
    return true;
  }

  bool start_array(std::size_t) override {
    const bool expected = depth_ == 2 && (field_ == Field::shape || field_ == Field::offsets);
    if (!expected && (depth_ == 1 || field_ != Field::unknown)) wrong_value();
    in_array_ = expected;
    numbers_.clear();
    enter();
    return true;
  }

  bool end_array() override {
    --depth_;
    if (!in_array_) return true;
    in_array_ = false;
    if (field_ == Field::shape) {
      entry_.shape = numbers_;
    } else if (numbers_.size() == 2) {
      entry_.begin = numbers_[0];
      entry_.end = numbers_[1];
    } else {
      wrong_value();
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& e) override {
    // The library's text quotes the input; keep what is one short line.
    const std::string_view text = e.what();
    const bool utf8 = text.find("UTF-8") != std::string_view::npos;
    fail(fmt::format("the header is not valid {} (at byte {})", utf8 ? "UTF-8" : "JSON", position));
  }

 private:
  enum class Field { none, metadata, dtype, shape, offsets, unknown };

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: {}", file_, what));
  }

  [[noreturn]] void fail_tensor(const std::string& what) const {
    fail(fmt::format("tensor '{}' {}", printable(entry_.name, max_shown_name), what));
  }

  [[noreturn]] void wrong_value() const {
    switch (field_) {
      case Field::metadata:
        fail("__metadata__ is not a map of strings to strings");
      case Field::dtype:
        fail_tensor("has a dtype that is not a string");
      case Field::shape:
        fail_tensor("has a shape that is not a list of sizes");
      case Field::offsets:
        fail_tensor("has data_offsets that are not two positions");
      default:
        fail_tensor("is not described by an object");
    }
  }

  // A value of a kind that no known field takes.
  bool other_value() {
    if (depth_ == 1 || field_ != Field::unknown) wrong_value();
    return true;
  }

  void enter() {
    constexpr std::size_t max_depth = 64;
    if (++depth_ > max_depth) fail("the header is nested too deeply");
  }

  bool top_level_key(string_t& name) {
    if (!names_.insert(name).second) {
      fail(fmt::format("'{}' is there twice", printable(name, max_shown_name)));
    }
    in_metadata_ = name == "__metadata__";
    field_ = in_metadata_ ? Field::metadata : Field::none;
    entry_ = {};
    entry_.name = std::move(name);
    seen_fields_.clear();
    return true;
  }

  void finish_tensor() {
    for (const auto& [field, name] : {std::pair{Field::dtype, "dtype"},
                                      {Field::shape, "shape"},
                                      {Field::offsets, "data_offsets"}}) {
      if (!seen_fields_.contains(field)) fail_tensor(fmt::format("has no {}", name));
    }
    const auto value_bytes = safetensors_dtype_bytes(entry_.dtype);
    if (!value_bytes) {
      fail_tensor(fmt::format("has the unknown dtype '{}'", printable(entry_.dtype, 20)));
    }
    const auto bytes = safetensors_bytes(entry_.shape, *value_bytes);
    if (!bytes) fail_tensor("has a shape whose size overflows");
    if (entry_.begin > entry_.end || entry_.end - entry_.begin != *bytes) {
      fail_tensor(fmt::format("has data_offsets [{},{}], but its shape and dtype {} need {} bytes",
                              entry_.begin, entry_.end, entry_.dtype, *bytes));
    }
    header_.entries.push_back(std::move(entry_));
    entry_ = {};
    field_ = Field::none;
  }

  std::string file_;
  SafetensorsHeader header_;
  std::set<std::string> names_;
  std::size_t depth_ = 0;
  bool in_metadata_ = false;
  bool in_array_ = false;
  Field field_ = Field::none;
  std::set<Field> seen_fields_;
  std::string key_;
  SafetensorsEntry entry_;
  std::vector<std::size_t> numbers_;
};

void check_layout(SafetensorsHeader& header, const std::string& file) {
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  for (const auto& entry : header.entries) {
    if (entry.begin != header.data_bytes) {
      throw Error(fmt::format(
          "{}: tensor '{}' has data_offsets [{},{}]: {} {}", file,
          printable(entry.name, max_shown_name), entry.begin, entry.end,
          entry.begin < header.data_bytes ? "overlaps the data that end at" : "leaves a hole from",
          header.data_bytes));
    }
    header.data_bytes = entry.end;
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file) {
  // The parser skips a byte order mark and takes a NUL for the end; the format has neither.
  if (!json.starts_with('{')) {
    throw Error(fmt::format("{}: the header does not start with '{{'", file));
  }
  if (const auto nul = json.find('\0'); nul != std::string_view::npos) {
    throw Error(fmt::format("{}: the header is not valid JSON (at byte {})", file, nul + 1));
  }
  HeaderHandler handler(file);
  Json::sax_parse(json, &handler);
  SafetensorsHeader header = handler.take();
  check_layout(header, file);
  return header;
}

std::optional<std::size_t> safetensors_dtype_bytes(std::string_view dtype) {
  static const std::map<std::string_view, std::size_t> bytes{
      {"BOOL", 1},    {"U8", 1},          {"I8", 1},          {"F8_E5M2", 1}, {"F8_E4M3", 1},
      {"F8_E8M0", 1}, {"F8_E4M3FNUZ", 1}, {"F8_E5M2FNUZ", 1}, {"I16", 2},     {"U16", 2},
      {"F16", 2},     {"BF16", 2},        {"I32", 4},         {"U32", 4},     {"F32", 4},
      {"C64", 8},     {"F64", 8},         {"I64", 8},         {"U64", 8}};
  const auto found = bytes.find(dtype);
  return found == bytes.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> safetensors_bytes(const std::vector<std::size_t>& shape,
                                             std::size_t dtype_bytes) {
  const auto count = checked_product(shape);
  return count ? checked_product(std::array{*count, dtype_bytes}) : std::nullopt;
}

}  // namespace kiln
