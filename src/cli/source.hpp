#pragma once

#include "gitops/source/repository.hpp"
#include "gitops/stack/repository_config.hpp"
#include "src/cli/command.hpp"
#include "src/settings/settings.hpp"

#include <optional>
#include <string>

namespace hwcsync::cli {

// The host's configuration where there is one, defaults on a laptop; with --config the file must be there.
[[nodiscard]] settings::Settings load_settings(const Context& context);

// The repository that a read-only command looks at: --repo, else the repository around the working directory
// when it holds hwcsync.yaml, else this machine's mirror.
struct Source {
  git::Repository repository;
  std::string head;        // revision that `--to` stands for by default
  bool is_mirror = false;  // this machine's own
};
[[nodiscard]] Source open_source(const Context& context, const settings::Settings& settings);

// --host, else the configured one, else the only host of the repository; UsageError when it has to be said.
[[nodiscard]] std::string choose_host(const Context& context, const settings::Settings& settings,
                                      const stack::RepositoryConfig& config);

// The revision that is deployed on the host, as the repository knows it: the parent of
// refs/hwcsync/deployed/<host>.
[[nodiscard]] std::optional<git::ObjectId> deployed_revision(const git::Repository& repository,
                                                             const std::string& host);

// What the machine calls itself.
[[nodiscard]] std::string machine_name();

}  // namespace hwcsync::cli
