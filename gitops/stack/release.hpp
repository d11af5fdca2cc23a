#pragma once

#include <string>
#include <string_view>

namespace hwcsync::stack {

// The oldest NixOS release that the modules of a host must suit ("24.05"): what a release lacks is said by
// podman's own flags instead of options.
class Release {
 public:
  // `text` as hwcsync.yaml has it; empty stands for the newest that makes a difference.
  explicit Release(std::string_view text) : text_(text.empty() ? "25.05" : text) {}

  // oci-containers: pull, capabilities, devices, networks, privileged (nixpkgs PR 349537) and
  // podman.sdnotify (PR 368565).
  [[nodiscard]] bool has_run_options() const { return text_ >= "25.05"; }
  // oci-containers: preRunExtraOptions.
  [[nodiscard]] bool has_pre_run_options() const { return text_ >= "24.11"; }
  // Caddy 2.8 calls it basic_auth, older ones basicauth.
  [[nodiscard]] bool has_basic_auth() const { return text_ >= "24.11"; }

  // Whether modules for both are written with the same options.
  [[nodiscard]] bool is_like(const Release& other) const {
    return has_run_options() == other.has_run_options() &&
           has_pre_run_options() == other.has_pre_run_options() && has_basic_auth() == other.has_basic_auth();
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace hwcsync::stack
