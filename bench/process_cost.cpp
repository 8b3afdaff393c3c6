// SPDX-License-Identifier: MIT
// process_cost RUNS COMMAND...: runs a command so many times, its output thrown away, and prints
// the median wall time in seconds and the largest resident memory in MiB.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

struct Cost {
  double seconds;
  double mebibytes;
};

// Ends this program where the command cannot be run or fails.
Cost run(char** command) {
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execvp(command[0], command);
    _exit(127);
  }
  int status = -1;
  rusage usage = {};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
    std::fprintf(stderr, "process_cost: error: %s cannot be run or fails\n", command[0]);
    std::exit(1);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  return {seconds.count(), static_cast<double>(usage.ru_maxrss) / 1024};
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 2 ? std::atoi(argv[1]) : 0;
  if (runs < 1) {
    std::fprintf(stderr, "process_cost: error: usage: process_cost RUNS COMMAND...\n");
    return 2;
  }
  std::vector<double> seconds;
  double most = 0;
  for (int i = 0; i < runs; ++i) {
    const Cost cost = run(argv + 2);
    seconds.push_back(cost.seconds);
    most = std::max(most, cost.mebibytes);
  }
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  std::printf("%.3f %.1f\n", seconds[static_cast<std::size_t>(runs / 2)], most);
}
