#pragma once

#include "tests/view/service_fixture.hpp"

#include <string>

#include <sys/types.h>

namespace hwcsync::test {

// The program itself, `hwcsync secretsd` without a service manager, serving what a Host names. Its words on
// stderr go to a file.
class Program {
 public:
  explicit Program(const Host& host);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Who listens on the socket; waits until it is another than `before`. Throws after 20 s.
  [[nodiscard]] pid_t serving(pid_t before = -1) const;
  [[nodiscard]] pid_t holder() const noexcept { return pid_; }
  [[nodiscard]] std::string log_path() const { return log_; }
  // SIGKILL to the holder alone.
  void kill_holder();
  // SIGTERM to the holder; gives waitpid's status.
  int end();

 private:
  std::string socket_;
  std::string log_;
  pid_t pid_ = -1;
};

}  // namespace hwcsync::test
