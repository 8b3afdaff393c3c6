// SPDX-License-Identifier: MIT
#include "engine/train/progress_bar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace kiln {
namespace {

class ProgressBarTest : public testing::Test {
 protected:
  ProgressBar::Output output(bool is_terminal) {
    return {&stream_, is_terminal, [this] { return width_; }, [this] { return now_; }};
  }
  std::string taken() {
    std::string text = stream_.str();
    stream_.str("");
    return text;
  }

  std::ostringstream stream_;
  int width_ = 100;
  double now_ = 1000;
};

TEST_F(ProgressBarTest, RedrawsOneLineOnATerminal) {
  ProgressBar bar(output(true), 64);
  bar.update({1, 2, 0, 100, "d 1.5"});
  EXPECT_EQ(taken(), "\repoch 1/2 [----------------------------------------]   0/100  d 1.5\x1b[K");
  now_ += 5;
  bar.update({1, 2, 50, 100, "d 0.5"});
  // 50 steps in 5 s: 640 images/s, 150 steps left take 15 s.
  EXPECT_EQ(taken(),
            "\repoch 1/2 [###################>--------------------]  50/100  d 0.5  ETA 0:15  640 "
            "images/s\x1b[K");
  now_ += 15;
  bar.update({2, 2, 100, 100, "d 0.25"});
  EXPECT_EQ(taken(),
            "\repoch 2/2 [########################################] 100/100  d 0.25  ETA 0:00  640 "
            "images/s\x1b[K");
  bar.finish();
  EXPECT_EQ(taken(), "\n");
  bar.finish();
  EXPECT_EQ(taken(), "");
}

TEST_F(ProgressBarTest, DrawsAtMostTenTimesASecond) {
  ProgressBar bar(output(true), 1);
  for (int step = 0; step <= 1000; ++step) {  // one second
    bar.update({1, 1, step, 1000, ""});
    now_ += 0.001;
  }
  const std::string text = taken();
  const auto drawings = std::count(text.begin(), text.end(), '\r');
  EXPECT_GE(drawings, 9);
  EXPECT_LE(drawings, 11);
}

TEST_F(ProgressBarTest, FinishShowsTheLastUpdate) {
  ProgressBar bar(output(true), 1);
  bar.update({1, 1, 1, 9, ""});
  bar.update({1, 1, 9, 9, ""});  // too soon to be drawn
  taken();
  bar.finish();
  const std::string text = taken();
  EXPECT_NE(text.find(" 9/9"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\x1b[K\n"));
}

TEST_F(ProgressBarTest, NeverReachesTheLastColumn) {
  for (width_ = 0; width_ < 140; ++width_) {
    now_ = 0;
    ProgressBar bar(output(true), 64);
    bar.update({19, 20, 1, 938, "d 1.23 g 0.57"});
    now_ = 7000;
    taken();
    bar.update({19, 20, 17, 938, "d 1.23 g 0.57"});
    const std::string text = taken();
    const std::size_t shown = text.size() - std::string("\r\x1b[K").size();
    EXPECT_LE(shown, static_cast<std::size_t>(std::max(width_ - 1, 1))) << text;
    if (width_ > 40) {
      EXPECT_NE(text.find("d 1.23 g 0.57"), std::string::npos) << text;
    }
    if (width_ > 60) {
      EXPECT_NE(text.find('['), std::string::npos) << text;
    }
  }
}

TEST_F(ProgressBarTest, TheDestructorEndsAnOpenLine) {
  {
    ProgressBar bar(output(true), 1);
    bar.update({1, 1, 1, 9, ""});
    taken();
  }
  EXPECT_EQ(taken(), "\n");
  { ProgressBar unused(output(true), 1); }
  EXPECT_EQ(taken(), "");
}

TEST_F(ProgressBarTest, TheDestructorDoesNotThrow) {
  {
    ProgressBar bar(output(true), 1);
    bar.update({1, 1, 1, 9, ""});
    stream_.setstate(std::ios::badbit);
    EXPECT_THROW(stream_.exceptions(std::ios::badbit), std::ios::failure);
  }
  SUCCEED();
}

TEST_F(ProgressBarTest, PrintsLinesAboveTheBar) {
  ProgressBar bar(output(true), 1);
  bar.print_line("first");
  EXPECT_EQ(taken(), "first\n");
  bar.update({1, 1, 1, 9, ""});
  const std::string drawing = taken();
  bar.print_line("samples/epoch_0001.png");
  EXPECT_EQ(taken(), "\r\x1b[Ksamples/epoch_0001.png\n" + drawing);
}

TEST_F(ProgressBarTest, ElsewhereOneLineAnEpoch) {
  ProgressBar bar(output(false), 64);
  for (int epoch = 1; epoch <= 2; ++epoch) {
    for (int step = 1; step <= 100; ++step) {
      now_ += 0.05;
      bar.update({epoch, 2, step, 100, "d 0.5"});
    }
  }
  bar.finish();
  EXPECT_EQ(taken(),
            "epoch 1/2 step 100/100  d 0.5  1280 images/s  ETA 0:05\n"
            "epoch 2/2 step 100/100  d 0.5  1280 images/s  ETA 0:00\n");
}

TEST_F(ProgressBarTest, ElsewhereOneLineEveryTenSecondsOfALongEpoch) {
  ProgressBar bar(output(false), 1);
  for (int second = 0; second <= 35; ++second) {
    bar.update({1, 1, second, 100'000, ""});
    now_ += 1;
  }
  EXPECT_EQ(taken(),
            "epoch 1/1 step 10/100000  1 images/s  ETA 27:46:30\n"
            "epoch 1/1 step 20/100000  1 images/s  ETA 27:46:20\n"
            "epoch 1/1 step 30/100000  1 images/s  ETA 27:46:10\n");
  bar.finish();
  EXPECT_EQ(taken(), "epoch 1/1 step 35/100000  1 images/s  ETA 28:33:42\n");
}

TEST_F(ProgressBarTest, ShowsNoRateBeforeItKnowsOne) {
  ProgressBar bar(output(false), 64);
  bar.update({5, 9, 7, 7, "d 1\n2"});  // a resumed run; and losses that would break the line
  EXPECT_EQ(taken(), "epoch 5/9 step 7/7  d 1\\x0a2\n");
  now_ += 7;
  bar.update({6, 9, 7, 7, ""});  // 7 steps in 7 s, not 42
  EXPECT_EQ(taken(), "epoch 6/9 step 7/7  64 images/s  ETA 0:21\n");
}

TEST(ProgressOutput, HasAWidthAndAClock) {
  const auto output = ProgressBar::standard_error();
  EXPECT_GT(output.width(), 0);
  const double before = output.seconds();
  EXPECT_LE(before, output.seconds());
}

}  // namespace
}  // namespace kiln
