// SPDX-License-Identifier: MIT
#include "engine/train/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <utility>

#include "engine/io/printable.h"

namespace kiln {
namespace {

constexpr double seconds_between_drawings = 0.1;
constexpr double seconds_between_lines = 10;
constexpr const char* erase_to_end = "\x1b[K";

std::int64_t total_step(const Progress& progress) {
  return (progress.epoch - 1) * progress.steps + progress.step;
}

std::string duration_text(double seconds) {
  // 100 hours, far from where the conversion below would overflow.
  if (!(seconds < 360000)) return "--:--";
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  const auto minutes = whole / 60 % 60;
  if (whole < 3600) return fmt::format("{}:{:02}", minutes, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, minutes, whole % 60);
}

std::string bar_text(const Progress& progress, std::size_t cells) {
  const double share = static_cast<double>(progress.step) /
                       static_cast<double>(std::max<std::int64_t>(progress.steps, 1));
  const auto filled =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells));
  std::string bar(cells, '-');
  std::fill_n(bar.begin(), filled, '#');
  if (filled > 0 && filled < cells) bar[filled - 1] = '>';
  return '[' + bar + ']';
}

}  // namespace

ProgressBar::ProgressBar(Output output, std::int64_t images_per_step)
    : output_(std::move(output)), images_per_step_(images_per_step) {}

ProgressBar::~ProgressBar() {
  try {
    if (line_open_) *output_.stream << '\n' << std::flush;
  } catch (...) {  // a stream may be set to throw; there is nobody left to tell
  }
}

double ProgressBar::steps_per_second(double now) const {
  const double elapsed = now - first_time_;
  const auto done = static_cast<double>(total_step(*latest_) - first_step_);
  return elapsed > 0 && done > 0 ? done / elapsed : 0;
}

std::string ProgressBar::rate_text(double now) const {
  const double rate = steps_per_second(now) * static_cast<double>(images_per_step_);
  return rate > 0 ? fmt::format("{:.0f} images/s", rate) : "";
}

std::string ProgressBar::time_left_text(double now) const {
  const auto left = static_cast<double>(latest_->epochs * latest_->steps - total_step(*latest_));
  const double rate = steps_per_second(now);
  return rate > 0 ? "ETA " + duration_text(std::max(left, 0.0) / rate) : "";
}

std::string ProgressBar::terminal_line(double now, std::size_t width) const {
  const std::string head = fmt::format("epoch {}/{}", latest_->epoch, latest_->epochs);
  // The count keeps its place while it grows.
  const std::string steps = std::to_string(latest_->steps);
  const std::string count = fmt::format(" {:>{}}/{}", latest_->step, steps.size(), steps);
  std::string tail;
  constexpr std::size_t min_cells = 8, max_cells = 40, brackets = 3;  // with the space before
  for (const std::string& part :
       {printable(latest_->losses), time_left_text(now), rate_text(now)}) {  // dearest first
    const std::size_t used = head.size() + count.size() + tail.size();
    if (!part.empty() && used + 2 + part.size() <= width) tail += "  " + part;
  }
  std::string line = head;
  const std::size_t used = head.size() + count.size() + tail.size();
  if (used + brackets + min_cells <= width) {
    line += ' ' + bar_text(*latest_, std::min(width - used - brackets, max_cells));
  }
  line += count + tail;
  return line.substr(0, width);
}

void ProgressBar::draw() {
  // The last column stays free: a character there makes some terminals wrap.
  const int columns = output_.width();
  const auto width = static_cast<std::size_t>(std::max(columns - 1, 1));
  const double now = output_.seconds();
  *output_.stream << '\r' << terminal_line(now, width) << erase_to_end << std::flush;
  line_open_ = true;
  shown_ = true;
  last_shown_ = now;
}

void ProgressBar::print_plain() {
  const double now = output_.seconds();
  std::string line = fmt::format("epoch {}/{} step {}/{}", latest_->epoch, latest_->epochs,
                                 latest_->step, latest_->steps);
  for (const std::string& part :
       {printable(latest_->losses), rate_text(now), time_left_text(now)}) {
    if (!part.empty()) line += "  " + part;
  }
  *output_.stream << line << '\n' << std::flush;
  shown_ = true;
  last_shown_ = now;
}

void ProgressBar::update(const Progress& progress) {
  const double now = output_.seconds();
  const bool first = !latest_;
  latest_ = progress;
  shown_ = false;
  if (first) {
    first_time_ = now;
    first_step_ = total_step(progress);
    last_shown_ = now;
  }
  if (output_.is_terminal) {
    if (first || now - last_shown_ >= seconds_between_drawings) draw();
  } else if (progress.step == progress.steps || now - last_shown_ >= seconds_between_lines) {
    print_plain();
  }
}

void ProgressBar::print_line(const std::string& text) {
  if (line_open_) *output_.stream << '\r' << erase_to_end;
  *output_.stream << text << '\n' << std::flush;
  if (line_open_) draw();
}

void ProgressBar::finish() {
  if (latest_ && !shown_) {
    if (output_.is_terminal) {
      draw();
    } else {
      print_plain();
    }
  }
  if (line_open_) *output_.stream << '\n' << std::flush;
  line_open_ = false;
}

}  // namespace kiln
