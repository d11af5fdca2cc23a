#include "src/daemon/worker_starter.hpp"

#include "src/base/error.hpp"

#include <filesystem>

namespace hwcsync::daemon {

std::string worker_program(const std::string& installed, const std::string& self) {
  std::error_code error;
  // Resolved to the store path, which stays what it is when the switch changes the link under the worker.
  const auto found = std::filesystem::canonical(installed, error);
  if (!error) return found.string();
  const auto beside = std::filesystem::path(self).parent_path() / "hwcsync";
  if (std::filesystem::is_regular_file(beside, error)) return beside.string();
  throw Error({"cannot start", "a worker", "there is neither " + installed + " nor " + beside.string(),
               "install hwcsync whole: its programs belong into one directory"});
}

WorkerStarter::WorkerStarter(ProcessRunner& runner, const std::string& config, std::string installed)
    : runner_(runner), config_(std::filesystem::absolute(config)), installed_(std::move(installed)) {}

std::vector<std::string> worker_argv(history::RunId id, const std::string& program, const std::string& config,
                                     const std::map<std::string, std::string>& environment) {
  const std::string name = std::to_string(id);
  std::vector<std::string> out{
      "systemd-run", "--collect", "--quiet", "--no-ask-password", "--unit=hwcsync-run-" + name,
      "--description=hwcsync run " + name,
      // systemd-run comes back when the program has been executed, not only forked.
      "--service-type=exec",
      // A worker that was killed begins again at once, finds its own journal and recovers the run.
      "--property=Restart=on-abnormal", "--property=RestartSec=1", "--property=StartLimitIntervalSec=600",
      "--property=StartLimitBurst=5",
      // Only the worker itself is told to stop; what it waits for is its own to end in order.
      "--property=KillMode=mixed", "--property=TimeoutStopSec=120", "--property=LimitCORE=0",
      "--property=UMask=0022", "--setenv=HWCSYNC_CONFIG=" + config};
  // A transient unit has systemd's own PATH, in which nothing of NixOS is.
  for (const char* variable : {"PATH", "LOCALE_ARCHIVE"}) {
    const auto found = environment.find(variable);
    if (found != environment.end()) out.push_back("--setenv=" + found->first + '=' + found->second);
  }
  out.insert(out.end(), {"--", program, "worker", name});
  return out;
}

void WorkerStarter::start(history::RunId id) {
  const auto environment = minimal_environment();
  const std::string program = worker_program(installed_, std::filesystem::read_symlink("/proc/self/exe"));
  (void)runner_.require({.argv = worker_argv(id, program, config_, environment),
                         .environment = environment,
                         .deadline = std::chrono::milliseconds(30'000)},
                        "start the worker of run " + std::to_string(id));
}

}  // namespace hwcsync::daemon
