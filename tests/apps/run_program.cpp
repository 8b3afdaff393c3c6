// SPDX-License-Identifier: MIT
#include "tests/apps/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace kiln::test {
namespace {

constexpr std::chrono::seconds kDeadline{120};

struct Ends {
  int read = -1;
  int write = -1;
};

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("cannot run a program: ") + what);
}

Ends make_pipe() {
  std::array<int, 2> ends = {};
  require(::pipe2(ends.data(), O_CLOEXEC) == 0, "pipe");
  return {ends[0], ends[1]};
}

Ends make_terminal() {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  require(master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0, "posix_openpt");
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  winsize size = {};
  size.ws_row = 24;
  size.ws_col = 60;
  require(slave >= 0 && ::ioctl(slave, TIOCSWINSZ, &size) == 0, "the terminal");
  return {master, slave};
}

Ends make_stdout(Stdout kind) {
  if (kind == Stdout::terminal) return make_terminal();
  if (kind == Stdout::full_disk) return {-1, ::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  Ends ends = make_pipe();
  if (kind == Stdout::closing) ::close(std::exchange(ends.read, -1));
  return ends;
}

[[noreturn]] void become(std::vector<char*>& argv, const RunOptions& options, int out, int err) {
  ::setenv("TERM", "xterm", 1);
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  if (options.ignores_signal) std::signal(options.signal, SIG_IGN);
  if (options.file_size_limit != RLIM_INFINITY) {
    const rlimit limit = {options.file_size_limit, options.file_size_limit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (::chdir(options.folder.c_str()) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2) {
    if (options.standard_output == Stdout::closed) ::close(1);
    ::execv(argv[0], argv.data());
  }
  ::_exit(127);
}

// Appends what there is; false at the end.
bool read_some(int descriptor, std::string& text) {
  std::array<char, 4096> buffer = {};
  const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
  if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

// Reads both outputs to their ends, and kills the program at the deadline.
void watch(pid_t child, int out, int err, const RunOptions& options, Outcome& outcome) {
  std::array<pollfd, 2> sources = {{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  bool sent = options.signal == 0;
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (sources[0].fd >= 0 || sources[1].fd >= 0) {
    if (::poll(sources.data(), sources.size(), 100) < 0 && errno != EINTR) break;
    if (std::chrono::steady_clock::now() > end) {
      ::kill(child, SIGKILL);
      outcome.err += "killed: took too long\n";
      break;
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
      std::string& text = i == 0 ? outcome.out : outcome.err;
      if (sources[i].revents != 0 && !read_some(sources[i].fd, text)) sources[i].fd = -1;
      sources[i].revents = 0;
    }
    if (!sent && outcome.out.find(options.signal_after) != std::string::npos) {
      ::kill(child, options.signal);
      sent = true;
    }
  }
}

}  // namespace

Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                    const RunOptions& options) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const Ends out = make_stdout(options.standard_output);
  const Ends err = make_pipe();
  const pid_t child = ::fork();
  require(child >= 0, "fork");
  if (child == 0) become(argv, options, out.write, err.write);
  ::close(out.write);
  ::close(err.write);

  Outcome outcome;
  watch(child, out.read, err.read, options, outcome);
  int status = 0;
  rusage usage = {};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  if (out.read >= 0) ::close(out.read);
  ::close(err.read);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.peak_kib = usage.ru_maxrss;
  return outcome;
}

}  // namespace kiln::test
