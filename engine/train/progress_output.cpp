// SPDX-License-Identifier: MIT
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "engine/train/progress_bar.h"

namespace kiln {
namespace {

ProgressBar::Output make_output(std::ostream& stream, int descriptor) {
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  const auto width = [descriptor] {
    constexpr int usual_width = 80;  // where the terminal does not know its own
    winsize size = {};
    const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? int{size.ws_col} : usual_width;
  };
  const auto seconds = [] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
  };
  return {&stream, ::isatty(descriptor) == 1 && !is_dumb, width, seconds};
}

}  // namespace

ProgressBar::Output ProgressBar::standard_error() { return make_output(std::cerr, STDERR_FILENO); }
ProgressBar::Output ProgressBar::standard_output() { return make_output(std::cout, STDOUT_FILENO); }

}  // namespace kiln
