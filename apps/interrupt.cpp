// SPDX-License-Identifier: MIT
#include "apps/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace kiln::apps {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
  stop_requested = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void watch_for_interrupt() {
  for (const int signal : {SIGINT, SIGTERM}) {
    // What the caller chose to ignore (a shell does so for a program in the background) stays so.
    if (std::signal(signal, request_stop) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

bool interrupted() { return stop_requested != 0; }

}  // namespace kiln::apps
