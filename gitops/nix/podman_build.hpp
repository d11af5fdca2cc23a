#pragma once

#include "gitops/nix/stack_parts.hpp"

#include <string>
#include <vector>

namespace hwcsync::nix {

// Whether an image of this service is built on the host.
[[nodiscard]] bool is_built(const compose::Service& service);
[[nodiscard]] bool builds_images(const layout::Stack& stack);

// The command that makes the image, or does nothing when it is there: /etc/hwcsync/bin/build-image IMAGE
// CONTEXT OPTION..., the options as podman-build(1) has them.
[[nodiscard]] std::vector<std::string> build_words(const layout::Stack& stack,
                                                   const compose::Service& service);

// Style compose: what the start script runs before the provider, a line of shell an image.
[[nodiscard]] std::vector<std::string> build_commands(const layout::Stack& stack);

// How long one build may take, in seconds.
inline constexpr std::int64_t kBuildLimit = 1800;

}  // namespace hwcsync::nix
