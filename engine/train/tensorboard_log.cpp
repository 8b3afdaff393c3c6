// SPDX-License-Identifier: MIT
#include "engine/train/tensorboard_log.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "engine/io/byte_order.h"
#include "engine/io/crc32c.h"
#include "engine/io/file.h"
#include "engine/io/png.h"

namespace kiln {
namespace {

using protozero::pbf_writer;

constexpr std::size_t kRecordFrame = 16;  // bytes of a record beside its event

// Field numbers of the messages, by their names in the .proto files.
struct EventField {
  enum : std::uint32_t { wall_time = 1, step = 2, file_version = 3, summary = 5 };
};
struct SummaryField {
  enum : std::uint32_t { value = 1 };
};
struct ValueField {
  enum : std::uint32_t { tag = 1, simple_value = 2, image = 4, histogram = 5 };
};
struct ImageField {
  enum : std::uint32_t { height = 1, width = 2, colorspace = 3, encoded_image_string = 4 };
};
struct HistogramField {
  enum : std::uint32_t {
    min = 1,
    max = 2,
    num = 3,
    sum = 4,
    sum_squares = 5,
    bucket_limit = 6,
    bucket = 7
  };
};

double time_of_day() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// An event of one value; write(value) says which.
template <class F>
std::string event_of(std::string_view name, std::int64_t step, F write) {
  std::string event;
  {  // messages are whole when their writers are gone
    pbf_writer writer(event);
    writer.add_double(EventField::wall_time, time_of_day());
    writer.add_int64(EventField::step, step);
    pbf_writer summary(writer, EventField::summary);
    pbf_writer value(summary, SummaryField::value);
    value.add_string(ValueField::tag, name.data(), name.size());
    write(value);
  }
  return event;
}

struct Histogram {
  double min, max, count = 0, sum = 0, sum_squares = 0;
  std::array<double, TensorBoardLog::kHistogramBins> bins{};

  double bin_end(std::size_t i) const {
    const double share = static_cast<double>(i + 1) / static_cast<double>(bins.size());
    return min + (max - min) * share;
  }
};

std::optional<Histogram> histogram_of(std::span<const float> values) {
  std::optional<Histogram> result;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    if (!result) result = {value, value};
    result->min = std::min<double>(result->min, value);
    result->max = std::max<double>(result->max, value);
  }
  if (!result) return result;
  const double width = (result->max - result->min) / static_cast<double>(result->bins.size());
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const double place = width > 0 ? (value - result->min) / width : 0;
    result->bins[std::min(static_cast<std::size_t>(place), result->bins.size() - 1)] += 1;
    result->count += 1;
    result->sum += value;
    result->sum_squares += static_cast<double>(value) * value;
  }
  return result;
}

// TFRecord stores check sums so, for data that hold check sums themselves.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xA282EAD8U;
}

void append_little(std::string& out, std::uint64_t value, std::size_t bytes) {
  std::array<std::uint8_t, 8> little{};
  store_little64(value, little.data());
  out.append(reinterpret_cast<const char*>(little.data()), bytes);
}

}  // namespace

// Events in the way of a record: its length, a check sum of that, the event, another check sum.
TensorBoardLog::Kept TensorBoardLog::kept_of(const std::filesystem::path& path,
                                             std::int64_t events) {
  std::error_code ignored;
  Kept kept = {0, 0};
  if (events == 0 || !std::filesystem::is_regular_file(path, ignored)) return kept;
  constexpr std::size_t kMaxLogBytes = std::size_t{1} << 30;
  const std::vector<std::uint8_t> bytes = read_file(path, kMaxLogBytes);
  while (kept.events < events && bytes.size() - kept.bytes >= kRecordFrame) {
    const std::uint64_t size = load_little64(bytes.data() + kept.bytes);
    if (size > bytes.size() - kept.bytes - kRecordFrame) break;
    kept.bytes += size + kRecordFrame;
    ++kept.events;
  }
  return kept;
}

TensorBoardLog::TensorBoardLog(const std::filesystem::path& path, std::int64_t keep)
    : TensorBoardLog(path, kept_of(path, keep)) {}

TensorBoardLog::TensorBoardLog(const std::filesystem::path& path, Kept kept)
    : file_(path, kept.bytes), num_events_(kept.events) {
  if (num_events_ > 0) return;
  std::string event;
  pbf_writer writer(event);
  writer.add_double(EventField::wall_time, time_of_day());
  writer.add_string(EventField::file_version, "brain.Event:2");
  add_record(event);
}

void TensorBoardLog::scalar(std::string_view name, std::int64_t step, double value) {
  add_record(event_of(name, step, [&](pbf_writer& out) {
    out.add_float(ValueField::simple_value, static_cast<float>(value));
  }));
}

void TensorBoardLog::picture(std::string_view name, std::int64_t step, const GreyImage& image) {
  const std::vector<std::uint8_t> png = encode_png(image);
  add_record(event_of(name, step, [&](pbf_writer& out) {
    pbf_writer field(out, ValueField::image);
    field.add_int32(ImageField::height, static_cast<std::int32_t>(image.height));
    field.add_int32(ImageField::width, static_cast<std::int32_t>(image.width));
    field.add_int32(ImageField::colorspace, 1);  // greyscale
    field.add_bytes(ImageField::encoded_image_string, reinterpret_cast<const char*>(png.data()),
                    png.size());
  }));
}

void TensorBoardLog::histogram(std::string_view name, std::int64_t step,
                               std::span<const float> values) {
  const std::optional<Histogram> histogram = histogram_of(values);
  if (!histogram) return;
  add_record(event_of(name, step, [&](pbf_writer& out) {
    std::array<double, kHistogramBins> ends{};
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = histogram->bin_end(i);
    pbf_writer field(out, ValueField::histogram);
    field.add_double(HistogramField::min, histogram->min);
    field.add_double(HistogramField::max, histogram->max);
    field.add_double(HistogramField::num, histogram->count);
    field.add_double(HistogramField::sum, histogram->sum);
    field.add_double(HistogramField::sum_squares, histogram->sum_squares);
    field.add_packed_double(HistogramField::bucket_limit, ends.begin(), ends.end());
    field.add_packed_double(HistogramField::bucket, histogram->bins.begin(), histogram->bins.end());
  }));
}

void TensorBoardLog::add_record(std::string_view event) {
  std::string record;
  append_little(record, event.size(), 8);
  append_little(record, masked_crc(record), 4);
  record += event;
  append_little(record, masked_crc(event), 4);
  file_.append(record);
  ++num_events_;
}

}  // namespace kiln
