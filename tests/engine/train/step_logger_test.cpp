// SPDX-License-Identifier: MIT
#include "engine/train/step_logger.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/engine/io/error_message.h"
#include "tests/engine/io/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using test::get_file;

TEST(StepLogger, WritesOneObjectALineInTheOrderGiven) {
  test::TemporaryDirectory folder;
  StepLogger logger(folder / "metrics.jsonl");
  logger.log({{"epoch", 1}, {"step", std::int64_t{100}}, {"d_loss", 0.1F}, {"a", true}});
  EXPECT_EQ(get_file(folder / "metrics.jsonl"),  // already there
            "{\"epoch\":1,\"step\":100,\"d_loss\":0.1,\"a\":true}\n");
  logger.log({{"text", "say \"hé\"\n"}});
  logger.log({});
  EXPECT_EQ(get_file(folder / "metrics.jsonl"),
            "{\"epoch\":1,\"step\":100,\"d_loss\":0.1,\"a\":true}\n"
            "{\"text\":\"say \\\"hé\\\"\\n\"}\n{}\n");
}

TEST(LogValue, FloatsAreShortestAndReadBackTheSame) {
  EXPECT_EQ(LogValue(0.1F).json(), "0.1");
  EXPECT_EQ(LogValue(0.1).json(), "0.1");
  EXPECT_EQ(LogValue(1.0F / 3).json(), "0.33333334");
  EXPECT_EQ(LogValue(1.0 / 3).json(), "0.3333333333333333");
  EXPECT_EQ(LogValue(2.0).json(), "2.0");
  EXPECT_EQ(LogValue(-0.0F).json(), "-0.0");
  for (const double value : {1e300, 5e-324, 123456789.125, -1e-7, 1e16, 1e15}) {
    EXPECT_EQ(nlohmann::json::parse(LogValue(value).json()).get<double>(), value);
  }
  for (const float value : {3.4e38F, 1e-45F, 16777217.0F, 1.1754942e-38F}) {
    EXPECT_EQ(nlohmann::json::parse(LogValue(value).json()).get<float>(), value);
  }
}

TEST(LogValue, WhatJsonCannotSayIsNull) {
  EXPECT_EQ(LogValue(std::nanf("")).json(), "null");
  EXPECT_EQ(LogValue(-std::nan("")).json(), "null");
  EXPECT_EQ(LogValue(std::numeric_limits<float>::infinity()).json(), "null");
  EXPECT_EQ(LogValue(-std::numeric_limits<double>::infinity()).json(), "null");
}

TEST(LogValue, IntegersAndText) {
  EXPECT_EQ(LogValue(std::numeric_limits<std::uint64_t>::max()).json(), "18446744073709551615");
  EXPECT_EQ(LogValue(std::numeric_limits<std::int64_t>::min()).json(), "-9223372036854775808");
  EXPECT_EQ(LogValue(std::string("x")).json(), "\"x\"");
  EXPECT_NO_THROW(nlohmann::json::parse(LogValue("bad \xff utf").json()));
}

TEST(StepLogger, BeginsTheFileAnew) {
  test::TemporaryDirectory folder;
  test::put_file(folder / "m", "old\n");
  StepLogger(folder / "m").log({{"a", 1}});
  EXPECT_EQ(get_file(folder / "m"), "{\"a\":1}\n");
}

TEST(StepLogger, GoesOnBehindTheLinesToKeep) {
  test::TemporaryDirectory folder;
  test::put_file(folder / "m", "1\n22\n333\n4");
  StepLogger(folder / "m", 2).log({{"a", 1}});
  EXPECT_EQ(get_file(folder / "m"), "1\n22\n{\"a\":1}\n");
  StepLogger(folder / "m", 10).log({{"b", 2}});
  EXPECT_EQ(get_file(folder / "m"), "1\n22\n{\"a\":1}\n{\"b\":2}\n");
  test::put_file(folder / "half", "1\n2");  // a line that a killed program did not finish
  StepLogger(folder / "half", 2).log({});
  EXPECT_EQ(get_file(folder / "half"), "1\n{}\n");
  StepLogger(folder / "new", 3).log({});
  EXPECT_EQ(get_file(folder / "new"), "{}\n");
}

TEST(StepLogger, AFullDiskIsAnErrorAndLeavesWholeLines) {
  test::TemporaryDirectory folder;
  const std::string path = (folder / "m").string();
  StepLogger logger(path);
  std::string message;
  {
    const test::FileSizeLimit limit(20);
    message = error_message([&] {
      for (int i = 0; i < 100; ++i) logger.log({{"a", 1}});  // 8 bytes each
    });
  }
  EXPECT_EQ(message, path + ": cannot write: File too large");
  EXPECT_EQ(get_file(path), "{\"a\":1}\n{\"a\":1}\n");
}

TEST(StepLogger, NamesTheFileThatCannotBeWritten) {
  test::TemporaryDirectory folder;
  test::put_file(folder / "file", "x");
  const std::string below = (folder / "file/m").string();
  EXPECT_EQ(error_message([&] { StepLogger logger(below); }),
            below + ": cannot create: Not a directory");
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  StepLogger full("/dev/full");
  EXPECT_EQ(error_message([&] {
              full.log({{"a", 1}});
            }),
            "/dev/full: cannot write: No space left on device");
}

}  // namespace
}  // namespace kiln
