#pragma once

#include "gitops/apply/container_runtime.hpp"
#include "src/base/process.hpp"

#include <string>
#include <string_view>

namespace hwcsync::apply {

struct PodmanPlaces {
  std::string user_runtimes = "/run/user";           // one directory a user
  std::string user_settings = "/etc/hwcsync/users";  // storage.conf of each user who has one
  std::string path;  // where programs are looked for before PATH; empty: where NixOS has them
};

// podman. Root's containers directly; a user's through the API socket of that user where it answers (the work
// is then done in the user's own session, and nothing of it dies with us), else as that user by setpriv.
class PodmanRuntime final : public ContainerRuntime {
 public:
  explicit PodmanRuntime(ProcessRunner& runner, PodmanPlaces places = {});
  [[nodiscard]] Presence presence(const Account& account) override;
  [[nodiscard]] bool has_image(const Account& account, const std::string& image) override;
  void pull(const Account& account, const std::string& image, std::chrono::milliseconds deadline) override;
  [[nodiscard]] Invocation as(const Account& account, std::vector<std::string> argv) override;
  [[nodiscard]] std::vector<ContainerStatus> containers(const Account& account) override;
  [[nodiscard]] std::vector<std::string> log_tail(const Account& account, const std::string& container,
                                                  int lines) override;
  void remove_stack(const Account& account, const std::string& stack) override;

 private:
  [[nodiscard]] Command command(const Account& account, std::vector<std::string> arguments);

  ProcessRunner& runner_;
  PodmanPlaces places_;
};

// The output of `podman inspect` (version 4 or 5) for containers. Throws Error.
[[nodiscard]] std::vector<ContainerStatus> parse_inspect(const Account& account, std::string_view json);

}  // namespace hwcsync::apply
