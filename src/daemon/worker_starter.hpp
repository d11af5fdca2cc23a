#pragma once

#include "src/base/process.hpp"
#include "src/daemon/run_starter.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::daemon {

// Starts workers as transient units of systemd, so that the daemon may die, be upgraded or be removed by the
// very configuration that the worker applies.
class WorkerStarter final : public RunStarter {
 public:
  // `config` is the settings file that the worker reads, which starts in another directory than we.
  WorkerStarter(ProcessRunner& runner, const std::string& config,
                std::string installed = "/run/current-system/sw/bin/hwcsync");
  void start(history::RunId id) override;

 private:
  ProcessRunner& runner_;
  std::string config_;
  std::string installed_;
};

// The command; a pure function.
[[nodiscard]] std::vector<std::string> worker_argv(history::RunId id, const std::string& program,
                                                   const std::string& config,
                                                   const std::map<std::string, std::string>& environment);

// The program that a worker runs: the installed one where it is, else the one beside the program `self`.
// Throws Error where there is neither.
[[nodiscard]] std::string worker_program(const std::string& installed, const std::string& self);

}  // namespace hwcsync::daemon
