#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hwcsync::apply {

// What systemd says of one unit.
struct UnitStatus {
  std::string name;           // with its suffix, "immich-stack.service"
  std::string active;         // "active", "inactive", "failed", "activating", ...
  std::string sub;            // "running", "exited", "dead", "auto-restart", ...
  std::string result;         // "success", "exit-code", "dependency", "oom-kill", ...
  std::string reload_result;  // of the last reload: "success", "exit-code", ...; empty: the type has none
  std::string invocation;     // changes with each start; empty: never started
  bool exited = false;        // the main process ended by exit(), so that exit_code counts
  int exit_code = 0;          // or the signal's number

  // A job of it is still going on.
  [[nodiscard]] bool busy() const {
    return active == "activating" || active == "deactivating" || active == "reloading";
  }
  // The unit goes on with what it loaded before.
  [[nodiscard]] bool reload_failed() const { return !reload_result.empty() && reload_result != "success"; }
};

// A unit that lives on when we die. Its result stays readable until it is stopped.
struct TransientUnit {
  std::string name;  // "hwcsync-switch-118.service"
  std::string description;
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  std::string directory;    // working directory; empty: /
  std::string output_file;  // stdout and stderr are appended there: never a pipe to us
};

// The seam to systemd. Any error of the bus or of systemctl itself is an Error.
class SystemManager {
 public:
  virtual ~SystemManager() = default;
  // Names of all units in state failed, sorted, without our own transient ones.
  [[nodiscard]] virtual std::vector<std::string> failed_units() = 0;
  // Nothing when systemd does not know the unit.
  [[nodiscard]] virtual std::optional<UnitStatus> unit(const std::string& name) = 0;
  // Starts and does not wait. A left-over unit of this name that has ended is removed first; BusyError for
  // one that has not: half of its work is done, and it is not ours to interrupt.
  virtual void start_transient(const TransientUnit& unit) = 0;
  // Stops (waiting for it) and forgets a unit; nothing to do when it is not there.
  virtual void remove_transient(const std::string& name) = 0;
  // Restarts and waits; Error that names the units that did not come up.
  virtual void restart_units(std::span<const std::string> names) = 0;
  // Reloads and waits; Error as above.
  virtual void reload_units(std::span<const std::string> names) = 0;
  // The end of a unit's log, for people; empty when there is none.
  [[nodiscard]] virtual std::vector<std::string> log_tail(const std::string& unit, int lines) = 0;
};

}  // namespace hwcsync::apply
