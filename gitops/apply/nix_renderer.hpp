#pragma once

#include "gitops/apply/module_renderer.hpp"
#include "src/base/process.hpp"

#include <string>

namespace hwcsync::apply {

class NixRenderer final : public ModuleRenderer {
 public:
  // `temporary`: where verify() may make a private directory.
  NixRenderer(ProcessRunner& runner, std::string temporary);
  [[nodiscard]] nix::Rendered render(const layout::DesiredState& desired) override;
  void verify(const nix::Rendered& rendered) override;

 private:
  ProcessRunner& runner_;
  std::string temporary_;
};

}  // namespace hwcsync::apply
