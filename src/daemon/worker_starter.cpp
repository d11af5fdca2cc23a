#include "src/daemon/worker_starter.hpp"

#include "src/base/error.hpp"

#include <filesystem>

namespace hwcsync::daemon {
namespace {

constexpr const char* kInstalled = "/run/current-system/sw/bin/hwcsync";

}  // namespace

std::string worker_program() {
  std::error_code error;
  // Resolved to the store path, which stays what it is when the switch changes the link under the worker.
  const auto installed = std::filesystem::canonical(kInstalled, error);
  if (!error) return installed.string();
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    throw Error("cannot start", "a worker",
                "neither the installed hwcsync nor the one beside this program is there");
  return self.parent_path() / "hwcsync";
}

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
  (void)runner_.require({.argv = worker_argv(id, worker_program(), config_, environment),
                         .environment = environment,
                         .deadline = std::chrono::milliseconds(30'000)},
                        "start the worker of run " + std::to_string(id));
}

}  // namespace hwcsync::daemon
