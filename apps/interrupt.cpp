// SPDX-License-Identifier: MIT
#include "apps/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <initializer_list>
#include <thread>

namespace kiln::apps {
namespace {

std::atomic<bool> stop_requested = false;

// Waits for the signals that every thread has blocked. No handler interrupts a computation:
// compiled-at-run-time products keep data where a handler's stack frame would lie.
void wait_for(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  stop_requested = true;
  sigwait(&signals, &signal);
  ::_exit(128 + signal);
}

}  // namespace

void watch_for_interrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) {
    // What the caller chose to ignore (a shell does so for a program in the background) stays so.
    struct sigaction chosen = {};
    sigaction(signal, nullptr, &chosen);
    if (chosen.sa_handler != SIG_IGN) sigaddset(&signals, signal);
  }
  // Threads that are made from now on inherit it.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] { wait_for(signals); }).detach();
}

bool interrupted() { return stop_requested; }

}  // namespace kiln::apps
