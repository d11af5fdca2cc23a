#pragma once

#include "gitops/nix/stack_parts.hpp"
#include "gitops/stack/release.hpp"

#include <set>
#include <string>

namespace hwcsync::nix {

// One service of a stack of style oci, and what its neighbours ask of it. Refers to the state it was made
// from.
class OciService {
 public:
  OciService(const layout::DesiredState& desired, const layout::Stack& stack, const compose::Service& service)
      : desired_(desired), stack_(stack), service_(service) {}

  [[nodiscard]] const layout::DesiredState& desired() const noexcept { return desired_; }
  [[nodiscard]] const layout::Stack& stack() const noexcept { return stack_; }
  [[nodiscard]] const compose::Service& model() const noexcept { return service_; }
  [[nodiscard]] stack::Release release() const { return stack::Release(desired_.config.nixpkgs); }

  [[nodiscard]] std::string container() const { return stack_.container(service_); }
  [[nodiscard]] std::string unit() const { return "podman-" + container(); }

  // Another service of the stack; ConfigError when there is none or it is not enabled.
  [[nodiscard]] OciService other(const std::string& name) const;

  // Another service waits for this one's end: it is run once, by a oneshot unit.
  [[nodiscard]] bool is_job() const;
  // Another service waits until this one is healthy.
  [[nodiscard]] bool is_awaited_healthy() const;
  // Services that this one lives and dies with: those whose namespaces it joins, and depends_on with restart.
  [[nodiscard]] std::set<std::string> coupled() const;
  [[nodiscard]] bool has_secret_environment() const;
  [[nodiscard]] bool uses_secrets() const;

  // Throws ConfigError for what podman or the NixOS module cannot do at all.
  void check() const;

 private:
  void check_keys() const;
  [[nodiscard]] bool is_awaited(compose::Dependency::Condition condition) const;

  const layout::DesiredState& desired_;
  const layout::Stack& stack_;
  const compose::Service& service_;
};

}  // namespace hwcsync::nix
