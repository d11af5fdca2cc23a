#pragma once

#include <string_view>

namespace hwcsync::nix {

// Files of nix/ and gitops/nix/ that are part of the program: the source is the file, the build makes it C++.
[[nodiscard]] std::string_view mk_service_nix();
[[nodiscard]] std::string_view compose_stack_sh();
[[nodiscard]] std::string_view podman_prune_sh();
[[nodiscard]] std::string_view oci_resource_sh();
[[nodiscard]] std::string_view build_image_sh();
[[nodiscard]] std::string_view verify_nix();

}  // namespace hwcsync::nix
