#pragma once

#include "gitops/nix/oci_service.hpp"
#include "gitops/nix/stack_scripts.hpp"

namespace hwcsync::nix {

// What is added to the unit that NixOS makes for a container. Scripts for hooks go to `scripts`.
[[nodiscard]] Value::Set container_unit(const OciService& service, StackScripts& scripts);

// The oneshot unit of a service that is run once: it counts as started when the container has ended with 0,
// and keeps the ended container until it is stopped.
[[nodiscard]] Value::Set job_unit(const OciService& service, StackScripts& scripts);

// The oneshot unit that makes the image of a service before its container starts:
// "hwcsync-build-<container>".
[[nodiscard]] std::string build_unit_name(const OciService& service);
[[nodiscard]] Value::Set build_unit(const OciService& service, StackScripts& scripts);

}  // namespace hwcsync::nix
