// SPDX-License-Identifier: MIT
#include "engine/data/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "engine/io/gzip.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

using Fields = std::vector<std::string_view>;

// A number has no use for blanks, quotes or commas: what is between quotes is taken as it is.
std::string_view unquoted(std::string_view field) {
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    return field.substr(1, field.size() - 2);
  }
  return field;
}

// A field takes more memory than its text, so lines have no more than these.
constexpr std::size_t kMostFields = std::size_t{1} << 22;

// A comma inside quotes, which only a header may have, is no separator. False: too many fields.
bool split_line(std::string_view line, Fields& fields) {
  fields.clear();
  std::size_t first = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (line[i] != ',' || quoted)) continue;
    if (fields.size() == kMostFields) return false;
    fields.push_back(unquoted(line.substr(first, i - first)));
    first = i + 1;
  }
  return true;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return value;
}

bool is_byte(std::string_view text) {
  const auto value = number<int>(text);
  return value && *value >= 0 && *value <= 255;
}

class CsvParser {
 public:
  explicit CsvParser(const std::filesystem::path& path) : name_(printable(path)) {}

  void take_line(std::string_view line) {
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    if (!split_line(line, fields_)) fail(fmt::format("more than {} fields", kMostFields));
    if (width_ == 0) {
      width_ = fields_.size();
      if (width_ < 2) fail("a label and at least one number are needed");
      if (take_header()) return;
    }
    take_row();
  }

  RowSet finish() && {
    if (rows_.labels.empty()) throw Error(name_ + ": holds no rows");
    if (all_bytes_) {
      for (float& value : rows_.values) value /= 255;
    }
    const auto size = static_cast<std::int64_t>(width_ - 1);
    const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(size))));
    rows_.row_shape = side * side == size ? Shape{side, side} : Shape{size};
    return std::move(rows_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: line {}: {}", name_, line_, what));
  }

  bool take_header() {
    const bool header = std::any_of(fields_.begin(), fields_.end(),
                                    [](std::string_view field) { return !number<float>(field); });
    if (!header || line_ > 1) return false;
    const auto label = std::find(fields_.begin(), fields_.end(), "label");
    if (label != fields_.end()) label_column_ = static_cast<std::size_t>(label - fields_.begin());
    return true;
  }

  void take_row() {
    if (fields_.size() != width_) {
      fail(fmt::format("{} fields, the first line has {}", fields_.size(), width_));
    }
    for (std::size_t i = 0; i < width_; ++i) {
      const std::string_view field = fields_[i];
      if (i == label_column_) {
        if (!is_byte(field)) {
          fail(fmt::format("label '{}' is not a whole number from 0 to 255", printable(field, 40)));
        }
        rows_.labels.push_back(static_cast<std::uint8_t>(*number<int>(field)));
        continue;
      }
      const auto value = number<float>(field);
      if (!value) fail(fmt::format("field {}: '{}' is not a number", i + 1, printable(field, 40)));
      if (!std::isfinite(*value)) fail(fmt::format("field {}: {} is not finite", i + 1, *value));
      all_bytes_ = all_bytes_ && is_byte(field);
      rows_.values.push_back(*value);
    }
  }

  std::string name_;
  RowSet rows_;
  Fields fields_;
  std::size_t line_ = 0;
  std::size_t width_ = 0;
  std::size_t label_column_ = 0;
  bool all_bytes_ = true;
};

}  // namespace

RowSet read_csv_rows(const std::filesystem::path& path, std::size_t max_bytes) {
  const std::vector<std::uint8_t> bytes = read_plain_or_gzip(path, max_bytes);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // as spreadsheets write it
  CsvParser parser(path);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    parser.take_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(parser).finish();
}

}  // namespace kiln
