#pragma once

#include "secrets/manifest/manifest.hpp"
#include "secrets/service/service.hpp"
#include "src/cli/command.hpp"
#include "src/settings/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::cli {

// The secrets of a generation, by names: what this machine serves, or what a repository asks for.
struct SecretListing {
  secrets::Manifest manifest;
  std::string generation;
  std::optional<secrets::ServiceStatus> status;  // of the service that serves it
};

// What the secret service serves; throws Error when it cannot be asked.
[[nodiscard]] SecretListing served_secrets(const Context& context, const settings::Settings& settings);

// Where the processes of its owner find a file of the view.
[[nodiscard]] std::string shown_path(const secrets::SecretFile& file, const settings::Settings& settings);

// "secrets/db.yaml postgres/password", of a template the template and its sources.
[[nodiscard]] std::string source_text(const secrets::SecretFile& file);

}  // namespace hwcsync::cli
