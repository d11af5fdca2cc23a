#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync {

// What went wrong, in the order a person reads it: what was being done, to what, why it failed, what to do.
struct ErrorText {
  std::string context;  // "cannot open"
  std::string subject;  // "/etc/hwcsync/config.yaml"
  std::string reason;   // "permission denied"
  std::string hint;     // "run as root", may be empty
};

// An operation that cannot go on. Expected outcomes are values, not errors.
class Error : public std::runtime_error {
 public:
  explicit Error(ErrorText text);
  // Convenience for an error without a hint.
  Error(std::string_view context, std::string_view subject, std::string_view reason);

  [[nodiscard]] const ErrorText& text() const noexcept { return text_; }

 private:
  ErrorText text_;
};

// A failed system call; `code` is the errno value.
class SystemError : public Error {
 public:
  SystemError(std::string_view context, std::string_view subject, int code, std::string_view hint = {});
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

// Throws SystemError with the current errno. The one place that reads errno for an exception.
[[noreturn]] void throw_errno(std::string_view context, std::string_view subject);

// Where something stands in a file of the repository or of the host. Line and column count from 1; 0 = not known.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  [[nodiscard]] std::string to_string() const;  // "stacks/immich/stack.yaml:7:3"
  bool operator==(const Location&) const = default;
};

// One thing that is wrong in an input file.
struct Problem {
  Location where;
  std::string message;  // "unknown key 'firewal'; did you mean 'firewall'?"
  bool operator==(const Problem&) const = default;
};

// Which file a configuration problem is in decides the exit status: 65 for the repository, 78 for the host.
enum class ConfigKind { repository, host };

// Something in a configuration or repository file is wrong. Carries every problem found, not only the first.
class ConfigError : public Error {
 public:
  ConfigError(ConfigKind kind, std::vector<Problem> problems);
  [[nodiscard]] ConfigKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  ConfigKind kind_;
  std::vector<Problem> problems_;
};

// The command line asks for something that does not exist (unknown host, command, option): exit status 64.
class UsageError : public Error {
 public:
  using Error::Error;
};

// A guard said no (not permitted, missing --ack, moved base): exit status 5.
class RefusedError : public Error {
 public:
  using Error::Error;
};

// Somebody else holds the lock, or the work was cancelled: exit status 75.
class BusyError : public Error {
 public:
  using Error::Error;
};

// The run was asked to stop. Not an Error: nothing went wrong.
struct Cancelled {};

}  // namespace hwcsync
