#pragma once

#include "gitops/apply/system_builder.hpp"
#include "src/base/json.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace hwcsync::apply {

// Whose containers: each user of podman has a store of its own. uid 0 is root.
struct Account {
  std::string user;
  std::int64_t uid = 0;
  auto operator<=>(const Account&) const = default;
};

struct ContainerStatus {
  std::string name;
  std::string stack;  // label io.hwcsync.stack
  Account account;
  std::string state;       // "running", "exited", "restarting", "created", ...
  std::string health;      // "healthy", "unhealthy", "starting"; empty: no health check
  std::string started_at;  // as podman says it; compared, never read
  std::int64_t restarts = 0;
  int exit_code = 0;
  std::string instance = {};  // "ID:PID", another one after each start; compared, never read
};

[[nodiscard]] Json to_json(const ContainerStatus& container);
[[nodiscard]] ContainerStatus container_from_json(const Json& value);

// Whether a user can have images and containers: on a new machine the user, or podman itself, may come only
// with the switch.
enum class Presence { there, no_user, no_podman };

// The seam to podman. pull() and has_image() are called from several threads at once.
class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;
  [[nodiscard]] virtual Presence presence(const Account& account) = 0;
  [[nodiscard]] virtual bool has_image(const Account& account, const std::string& image) = 0;
  // For an account that is there. Error with podman's own last words.
  virtual void pull(const Account& account, const std::string& image, std::chrono::milliseconds deadline) = 0;
  // How a program of ours calls podman for this account: its words, and an environment with CONTAINER_HOST
  // where the user's API socket answers. To be run as root.
  [[nodiscard]] virtual Invocation as(const Account& account, std::vector<std::string> argv) = 0;
  // All containers of this user that carry our stack label, running or not, sorted by name. An account that
  // is not there yet has none.
  [[nodiscard]] virtual std::vector<ContainerStatus> containers(const Account& account) = 0;
  [[nodiscard]] virtual std::vector<std::string> log_tail(const Account& account,
                                                          const std::string& container, int lines) = 0;
  // Removes the containers and networks of a stack, running or not; volumes, and with them its data, stay.
  virtual void remove_stack(const Account& account, const std::string& stack) = 0;
};

}  // namespace hwcsync::apply
