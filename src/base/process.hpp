#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync {

// How a child ended: exactly one of exited (code) or signalled (signal).
struct ExitStatus {
  enum class Kind { exited, signalled, timed_out };
  Kind kind = Kind::exited;
  int value = 0;  // exit code or signal number

  [[nodiscard]] bool ok() const noexcept { return kind == Kind::exited && value == 0; }
  [[nodiscard]] std::string to_string() const;  // "exit status 4", "killed by signal 9", "timed out"
  bool operator==(const ExitStatus&) const = default;
};

// One program to run. argv only, never a shell.
struct Command {
  std::vector<std::string> argv;                      // argv[0] is looked up in `path` unless it has a slash
  std::map<std::string, std::string> environment;     // the whole environment of the child
  std::string directory;                              // empty: that of the caller
  std::string standard_input;                         // written to the child's stdin
  std::chrono::milliseconds deadline{60'000};         // TERM to the group, two seconds later KILL
  std::size_t output_limit = 8U << 20U;               // bytes kept of stdout; the tail of stderr is kept
  std::optional<std::string> output_file;             // stdout and stderr appended there instead of captured
};

struct ProcessResult {
  ExitStatus status;
  std::string output;  // stdout
  std::string errors;  // tail of stderr, at most 64 KiB
};

// The seam to other programs; tests use a recording fake.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // Runs to the end. A program that cannot be started is an Error; a program that fails is a result. Any thread.
  [[nodiscard]] virtual ProcessResult run(const Command& command) = 0;

  // Like run(), but anything other than success is an Error "cannot <what>: <status>: <last line of stderr>".
  ProcessResult require(const Command& command, std::string_view what);
};

// posix_spawn in a process group of its own with a clean signal state, watched by a pidfd.
class SystemProcessRunner final : public ProcessRunner {
 public:
  [[nodiscard]] ProcessResult run(const Command& command) override;
};

// PATH, HOME, LANG=C.UTF-8 and the locale archive of this process; what a child needs and nothing secret.
[[nodiscard]] std::map<std::string, std::string> minimal_environment();

// The line of a program's stderr that says what went wrong: the first that begins with "fatal:" or "error:", else the
// last one.
[[nodiscard]] std::string telling_line(std::string_view text);

// The last non-empty line, for a message.
[[nodiscard]] std::string last_line(std::string_view text);

}  // namespace hwcsync
