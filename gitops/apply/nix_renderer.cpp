#include "gitops/apply/nix_renderer.hpp"

#include "gitops/nix/verify.hpp"

#include <utility>

namespace hwcsync::apply {

NixRenderer::NixRenderer(ProcessRunner& runner, std::string temporary)
    : runner_(runner), temporary_(std::move(temporary)) {}

nix::Rendered NixRenderer::render(const layout::DesiredState& desired) {
  return nix::render(desired);
}

void NixRenderer::verify(const nix::Rendered& rendered) {
  nix::verify(rendered, runner_, temporary_);
}

}  // namespace hwcsync::apply
