// SPDX-License-Identifier: MIT
#include "engine/train/tensorboard_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "engine/io/byte_order.h"
#include "engine/io/crc32c.h"
#include "engine/io/png.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using protozero::pbf_reader;

std::uint64_t little(const std::string& bytes, std::size_t at, std::size_t count) {
  std::uint8_t padded[8] = {};
  for (std::size_t i = 0; i < count; ++i) padded[i] = static_cast<std::uint8_t>(bytes.at(at + i));
  return load_little64(padded);
}

std::uint64_t masked_crc_of(const std::string& bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return static_cast<std::uint32_t>((crc >> 15 | crc << 17) + 0xA282EAD8U);
}

// The events of a file, whose check sums are checked.
std::vector<std::string> read_events(const std::filesystem::path& path) {
  const std::string file = test::get_file(path);
  std::vector<std::string> events;
  for (std::size_t at = 0; at < file.size();) {
    const std::uint64_t size = little(file, at, 8);
    EXPECT_EQ(little(file, at + 8, 4), masked_crc_of(file.substr(at, 8)));
    events.push_back(file.substr(at + 12, size));
    EXPECT_EQ(events.back().size(), size);
    EXPECT_EQ(little(file, at + 12 + size, 4), masked_crc_of(events.back()));
    at += size + 16;
  }
  return events;
}

pbf_reader field_of(pbf_reader message, protozero::pbf_tag_type field) {
  EXPECT_TRUE(message.next(field));
  return message;
}

// The value of an event's summary.
pbf_reader value_of(const std::string& event, const std::string& name, std::int64_t step) {
  EXPECT_GT(field_of(pbf_reader(event), 1).get_double(), 1.6e9);  // seconds since 1970
  EXPECT_EQ(field_of(pbf_reader(event), 2).get_int64(), step);
  const pbf_reader summary(field_of(pbf_reader(event), 5).get_message());
  const pbf_reader value(field_of(summary, 1).get_message());
  EXPECT_EQ(field_of(value, 1).get_string(), name);
  return value;
}

class TensorBoardLogTest : public ::testing::Test {
 protected:
  // Readers refer to these until they are read again.
  const std::vector<std::string>& events() { return events_ = read_events(path_); }

  test::TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "events.out.tfevents.kiln";
  std::vector<std::string> events_;
};

TEST_F(TensorBoardLogTest, BeginsAnewWithItsVersion) {
  test::put_file(path_, "old");
  const TensorBoardLog log(path_);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(field_of(pbf_reader(events()[0]), 3).get_string(), "brain.Event:2");
}

TEST_F(TensorBoardLogTest, Scalars) {
  TensorBoardLog log(path_);
  log.scalar("d_loss", 100, 0.1);
  log.scalar("d_loss", std::int64_t{1} << 40, std::nan(""));
  ASSERT_EQ(events().size(), 3U);
  EXPECT_EQ(field_of(value_of(events()[1], "d_loss", 100), 2).get_float(), 0.1F);
  const pbf_reader last = value_of(events()[2], "d_loss", std::int64_t{1} << 40);
  EXPECT_TRUE(std::isnan(field_of(last, 2).get_float()));
}

TEST_F(TensorBoardLogTest, Pictures) {
  const GreyImage image = {2, 3, {1, 2, 3, 4, 5, 6}};
  TensorBoardLog log(path_);
  log.picture("samples", 7, image);
  const pbf_reader field(field_of(value_of(events().at(1), "samples", 7), 4).get_message());
  EXPECT_EQ(field_of(field, 1).get_int32(), 2);
  EXPECT_EQ(field_of(field, 2).get_int32(), 3);
  EXPECT_EQ(field_of(field, 3).get_int32(), 1);
  const std::vector<std::uint8_t> png = encode_png(image);
  EXPECT_EQ(field_of(field, 4).get_bytes(), std::string(png.begin(), png.end()));
}

struct ReadHistogram {
  explicit ReadHistogram(const pbf_reader& value)
      : message(field_of(value, 5).get_message()),
        ends(numbers(6)),
        counts(numbers(7)),
        min(field_of(message, 1).get_double()),
        max(field_of(message, 2).get_double()),
        count(field_of(message, 3).get_double()),
        sum(field_of(message, 4).get_double()),
        sum_squares(field_of(message, 5).get_double()) {}

  std::vector<double> numbers(protozero::pbf_tag_type field) const {
    pbf_reader found = field_of(message, field);
    const auto range = found.get_packed_double();
    return {range.begin(), range.end()};
  }

  pbf_reader message;
  std::vector<double> ends, counts;
  double min, max, count, sum, sum_squares;
};

TEST_F(TensorBoardLogTest, HistogramsCountEveryFiniteValueOnce) {
  std::vector<float> values = {std::nanf(""), std::numeric_limits<float>::infinity()};
  for (int i = 0; i <= 128; ++i) values.push_back(static_cast<float>(i) - 64);
  TensorBoardLog log(path_);
  log.histogram("fc1.weight", 1, values);
  const ReadHistogram histogram(value_of(events().at(1), "fc1.weight", 1));
  EXPECT_EQ(histogram.min, -64);
  EXPECT_EQ(histogram.max, 64);
  EXPECT_EQ(histogram.count, 129);
  EXPECT_EQ(histogram.sum, 0);
  EXPECT_EQ(histogram.sum_squares, 64 * 65 * 129 / 3);
  ASSERT_EQ(histogram.ends.size(), TensorBoardLog::kHistogramBins);
  ASSERT_EQ(histogram.counts.size(), TensorBoardLog::kHistogramBins);
  std::vector<double> expected(TensorBoardLog::kHistogramBins, 2);
  expected.back() = 3;  // the greatest value is in the last bin
  EXPECT_EQ(histogram.counts, expected);
  EXPECT_EQ(histogram.ends.front(), -62);
  EXPECT_EQ(histogram.ends.back(), 64);
}

TEST_F(TensorBoardLogTest, HistogramsOfOneValueAndOfNone) {
  TensorBoardLog log(path_);
  log.histogram("none", 1, {});
  log.histogram("nan", 1, std::vector<float>{std::nanf("")});
  log.histogram("one", 1, std::vector<float>(5, 0.5F));
  ASSERT_EQ(events().size(), 2U);
  const ReadHistogram histogram(value_of(events()[1], "one", 1));
  EXPECT_EQ(histogram.count, 5);
  EXPECT_EQ(std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0.0), 5);
}

TEST_F(TensorBoardLogTest, GoesOnBehindTheEventsToKeep) {
  {
    TensorBoardLog log(path_);
    for (int i = 0; i < 3; ++i) log.scalar("a", i, i);
    EXPECT_EQ(log.num_events(), 4);
  }
  const std::vector<std::string> before = events();
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  {
    TensorBoardLog log(path_, 4);  // the last one is not whole
    EXPECT_EQ(log.num_events(), 3);
    log.scalar("b", 9, 9);
  }
  ASSERT_EQ(events().size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(events()[i], before[i]);
  value_of(events()[3], "b", 9);
  std::filesystem::remove(path_);
  EXPECT_EQ(TensorBoardLog(path_, 2).num_events(), 1);
}

}  // namespace
}  // namespace kiln
