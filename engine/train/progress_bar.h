// SPDX-License-Identifier: MIT
// The progress of a training run. On a terminal one line is redrawn in place:
//   epoch 3/20 [########>-------] 468/938  d 1.23 g 0.57  41234 images/s  ETA 0:42
// at most ten times a second and never wider than the terminal: parts that do not fit are left out.
// Elsewhere (a file, a pipe) there are plain lines: one an epoch, and one every ten seconds.
// Rates and the time left are averages since the first update. Output that fails is ignored.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace kiln {

struct Progress {
  std::int64_t epoch = 1;  // counted from 1
  std::int64_t epochs = 1;
  std::int64_t step = 0;    // steps done in this epoch
  std::int64_t steps = 1;   // steps of an epoch
  std::string losses = {};  // as the caller wants them shown: "d 1.23 g 0.57"
};

class ProgressBar {
 public:
  struct Output {
    std::ostream* stream;
    bool is_terminal;
    std::function<int()> width;       // columns of the terminal, asked before each drawing
    std::function<double()> seconds;  // a clock that never goes back
  };
  // Standard error, or standard output; a terminal if the system says so and TERM is not "dumb".
  static Output standard_error();
  static Output standard_output();

  ProgressBar(Output output, std::int64_t images_per_step);
  ~ProgressBar();  // ends a line that was left open
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(const Progress& progress);
  // Writes a line of its own ("epoch 3: samples/epoch_0003.png") without disturbing the bar.
  void print_line(const std::string& text);
  // Shows the last update, and ends the line. An update after this begins a new line.
  void finish();

 private:
  void draw();
  void print_plain();
  double steps_per_second(double now) const;
  std::string rate_text(double now) const;
  std::string time_left_text(double now) const;
  std::string terminal_line(double now, std::size_t width) const;

  Output output_;
  std::int64_t images_per_step_;
  std::optional<Progress> latest_;
  double first_time_ = 0;
  std::int64_t first_step_ = 0;
  double last_shown_ = 0;  // when
  bool shown_ = false;     // the latest update has been shown
  bool line_open_ = false;
};

}  // namespace kiln
