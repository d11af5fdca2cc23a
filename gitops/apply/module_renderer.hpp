#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/render.hpp"

namespace hwcsync::apply {

// The seam to gitops/nix. Rendering is pure; verifying asks Nix.
class ModuleRenderer {
 public:
  virtual ~ModuleRenderer() = default;
  [[nodiscard]] virtual nix::Rendered render(const layout::DesiredState& desired) = 0;
  // Has every file parsed and compares what the modules evaluate to with what was meant; Error where they
  // differ.
  virtual void verify(const nix::Rendered& rendered) = 0;
};

}  // namespace hwcsync::apply
