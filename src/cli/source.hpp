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

// Where a config repository is, found from a directory in it: a work tree (also one of `git worktree`) or a
// directory with hwcsync.yaml that is in none, or a bare repository.
struct Place {
  std::string root;  // empty: bare
  std::string git;   // what holds the objects; empty: none
};
[[nodiscard]] std::optional<Place> find_place(const std::string& start);

// The one that a command means: `directory`, else --repo, else the working directory, else this machine's
// mirror. UsageError when there is none, or when what was named is none.
[[nodiscard]] Place choose_place(const std::string& directory, const Context& context,
                                 const settings::Settings& settings);

// The commits that a read-only command looks at.
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
