// SPDX-License-Identifier: MIT
#include "apps/child_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "apps/interrupt.h"
#include "engine/io/system_failure.h"

namespace kiln::apps {

int run_child(const std::filesystem::path& program, const std::vector<std::string>& arguments,
              const std::filesystem::path& log) {
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (output < 0) throw_system_failure(log, "cannot open", errno);
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);  // a terminal's Ctrl-C is for this program, which passes it on once
    sigset_t none;    // interrupt.h blocks signals, which a child would inherit
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  const int fork_error = errno;
  ::close(output);
  if (child < 0) throw_system_failure(program, "cannot be started", fork_error);

  int status = 0;
  bool asked_to_stop = false;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (interrupted() && !asked_to_stop) {
      ::kill(child, SIGTERM);
      asked_to_stop = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace kiln::apps
