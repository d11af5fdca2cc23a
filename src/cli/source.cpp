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

Source open_source(const Context& context, const settings::Settings& settings) {
  std::string directory = context.repo;
  if (directory.empty() && fs::exists(stack::kRepositoryFile) && fs::exists(".git")) directory = ".";
  if (!directory.empty()) {
    const bool work_tree = fs::exists(directory + "/.git");
    return {git::Repository(work_tree ? directory + "/.git" : directory), "HEAD", false};
  }
  const std::string mirror = settings.state_dir + "/mirror.git";
  if (!fs::exists(mirror)) {
    throw UsageError({"cannot find a config repository", "",
                      "this directory is none and this machine has no mirror",
                      "say which one with --repo DIR"});
  }
  return {git::Repository(mirror), settings.repository.branch, true};
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
