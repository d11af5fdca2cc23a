#include "src/cli/source.hpp"

#include "src/base/error.hpp"

#include <array>
#include <filesystem>

#include <unistd.h>

namespace hwcsync::cli {
namespace fs = std::filesystem;

settings::Settings load_settings(const Context& context) {
  const std::string path = settings::settings_path(context.config);
  const bool asked_for = path != settings::kSettingsFile;
  if (asked_for || fs::exists(path)) return settings::read_settings(path);
  return settings::default_settings();
}

std::optional<Place> find_place(const std::string& start) {
  std::error_code error;
  for (fs::path here = fs::canonical(start, error); !error && !here.empty(); here = here.parent_path()) {
    const std::string path = here.string();
    const bool registry = fs::exists(here / stack::kRepositoryFile);
    // A file in a work tree that `git worktree` made.
    if (fs::exists(here / ".git")) return Place{path, path};
    if (registry) return Place{path, ""};
    if (fs::exists(here / "HEAD") && fs::is_directory(here / "objects")) return Place{"", path};
    if (here == here.root_path()) break;
  }
  return std::nullopt;
}

Place choose_place(const std::string& directory, const Context& context, const settings::Settings& settings) {
  const std::string named = directory.empty() ? context.repo : directory;
  if (auto found = find_place(named.empty() ? "." : named)) {
    const bool ours = found->root.empty() || fs::exists(found->root + '/' + stack::kRepositoryFile);
    if (ours || !named.empty()) return *found;
  }
  if (!named.empty()) {
    throw UsageError({"cannot find a config repository in", named,
                      "there is no hwcsync.yaml and it is no Git repository",
                      "give its directory, or start one with: hwcsync init"});
  }
  if (fs::exists(settings.mirror())) return {"", settings.mirror()};
  throw UsageError({"cannot find a config repository", "",
                    "neither this directory nor one above it is one, and this machine has no mirror",
                    "say which one with --repo DIR, or start one with: hwcsync init"});
}

Source open_source(const Context& context, const settings::Settings& settings) {
  const Place place = choose_place("", context, settings);
  if (place.git.empty()) {
    throw UsageError({"cannot compare revisions in", place.root,
                      "it is no Git repository, and has no commits",
                      "hwcsync lint and hwcsync render read files as they stand; or: git init"});
  }
  const bool is_mirror = place.git == settings.mirror();
  return {git::Repository(place.git), is_mirror ? settings.repository.branch : "HEAD", is_mirror};
}

std::string choose_host(const Context& context, const settings::Settings& settings,
                        const stack::RepositoryConfig& config) {
  std::string name = context.host;
  if (name.empty() && config.hosts.count(settings.host) != 0) name = settings.host;
  if (name.empty() && config.hosts.size() == 1) name = config.hosts.begin()->first;
  if (name.empty()) {
    throw UsageError({"cannot tell which host is meant", "",
                      "the repository has several and none is this machine",
                      "say which one with --host NAME"});
  }
  (void)stack::find_host(config, name);
  return name;
}

std::optional<git::ObjectId> deployed_revision(const git::Repository& repository, const std::string& host) {
  const auto generated = repository.read_ref(git::deployed_ref(host));
  if (!generated) return std::nullopt;
  const git::CommitInfo info = repository.commit(*generated);
  if (info.parents.empty()) return std::nullopt;
  return info.parents.front();
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) throw_errno("cannot read", "the host name");
  const std::string full = name.data();
  return full.substr(0, full.find('.'));
}

}  // namespace hwcsync::cli
