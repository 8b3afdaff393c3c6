// SPDX-License-Identifier: MIT
// process_cost RUNS TEXT COMMAND...: runs a command so many times and prints the median wall time
// in seconds until it prints TEXT, the same until it ends, and the largest resident memory in MiB.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Cost {
  double seconds_to_text;
  double seconds;
  double mebibytes;
};

[[noreturn]] void fail(const char* command, const char* why) {
  std::fprintf(stderr, "process_cost: error: %s %s\n", command, why);
  std::exit(1);
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Ends this program where the command cannot be run, fails or does not print `text`.
Cost run(const std::string& text, char** command) {
  int output[2];
  if (pipe(output) != 0) fail(command[0], "gets no pipe");
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    dup2(output[1], STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    close(output[0]);
    close(output[1]);
    execvp(command[0], command);
    _exit(127);
  }
  close(output[1]);
  double seconds_to_text = -1;
  std::string printed;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(output[0], buffer, sizeof(buffer))) > 0;) {
    printed.append(buffer, static_cast<std::size_t>(got));
    if (seconds_to_text < 0 && printed.find(text) != std::string::npos) {
      seconds_to_text = seconds_since(begin);
    }
  }
  close(output[0]);
  int status = -1;
  rusage usage = {};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
    fail(command[0], "cannot be run or fails");
  }
  if (seconds_to_text < 0) fail(command[0], ("does not print '" + text + "'").c_str());
  return {seconds_to_text, seconds_since(begin), static_cast<double>(usage.ru_maxrss) / 1024};
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 3 ? std::atoi(argv[1]) : 0;
  if (runs < 1) {
    std::fprintf(stderr, "process_cost: error: usage: process_cost RUNS TEXT COMMAND...\n");
    return 2;
  }
  std::vector<double> seconds_to_text, seconds;
  double most = 0;
  for (int i = 0; i < runs; ++i) {
    const Cost cost = run(argv[2], argv + 3);
    seconds_to_text.push_back(cost.seconds_to_text);
    seconds.push_back(cost.seconds);
    most = std::max(most, cost.mebibytes);
  }
  std::printf("%.3f %.3f %.1f\n", median(seconds_to_text), median(seconds), most);
}
