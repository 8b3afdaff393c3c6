// SPDX-License-Identifier: MIT
#include "apps/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace kiln::apps {

void prepare_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    const bool closed = ::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
    // open() takes the lowest free number, which is this one.
    if (closed && ::open("/dev/null", O_RDWR) != descriptor) break;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace kiln::apps
